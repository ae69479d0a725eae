// Works as a user of ews-javascript-api against the server whose addresses the environment names, and fails if anything is
// amiss. EWS_URL ends before /EWS; EWS_MAILBOX is the anchor of a group and EWS_COLLEAGUE in it; EWS_USER and EWS_PASSWORD
// are the service account's; EWS_CONTROL is the URL of the control endpoint.

const ews = require("ews-javascript-api");
const assert = require("node:assert");

const base = process.env.EWS_URL;
const mailboxes = [process.env.EWS_MAILBOX, process.env.EWS_COLLEAGUE];
const anchor = mailboxes[0];
const credentials = new ews.WebCredentials(process.env.EWS_USER, process.env.EWS_PASSWORD);

function check(what, have, want) {
  assert.deepStrictEqual(have, want, what);
  console.log("ok", what);
}

// serviceFor is the service with which the account works in a mailbox.
function serviceFor(mailbox, url, headers) {
  const service = new ews.ExchangeService(ews.ExchangeVersion.Exchange2013_SP1);
  service.Url = new ews.Uri(url);
  service.Credentials = credentials;
  service.ImpersonatedUserId = new ews.ImpersonatedUserId(ews.ConnectingIdType.SmtpAddress, mailbox);
  for (const [name, value] of Object.entries(headers)) service.HttpHeaders.set(name, value);
  return service;
}

async function discover() {
  const service = new ews.AutodiscoverService(new ews.Uri(base + "/autodiscover/autodiscover.svc"), ews.ExchangeVersion.Exchange2013);
  service.Credentials = credentials;
  const settings = [ews.UserSettingName.ExternalEwsUrl, ews.UserSettingName.GroupingInformation];
  const users = await service.GetUsersSettings(mailboxes, ...settings);
  const found = users.Responses.map((user) => settings.map((name) => user.Settings.get(name)));
  check("discovered", found, mailboxes.map(() => [base + "/EWS/Exchange.asmx", "SITE-1"]));
  const one = await service.GetUserSettings(anchor, settings);
  check("discovered one", [one.SmtpAddress, one.Settings.get(settings[0])], [anchor, found[0][0]]);
  return found[0][0];
}

async function items(url) {
  const service = serviceFor(anchor, url, { "X-AnchorMailbox": anchor });
  const message = new ews.EmailMessage(service);
  message.Subject = "Written in JavaScript";
  // The library writes the text as it is: markup in it would be markup of the request.
  message.Body = new ews.MessageBody(ews.BodyType.HTML, "&lt;p>Hello&lt;/p>");
  message.ToRecipients.Add(mailboxes[1]);
  await message.Save(ews.WellKnownFolderName.Drafts);
  const read = await ews.EmailMessage.Bind(service, message.Id, new ews.PropertySet(ews.BasePropertySet.FirstClassProperties));
  check("draft", [read.Subject, read.Body.Text, read.IsDraft, read.ToRecipients.GetEnumerator()[0].Address],
    ["Written in JavaScript", "<p>Hello</p>", true, mailboxes[1]]);
  read.Subject = "Changed in JavaScript";
  await read.Update(ews.ConflictResolutionMode.NeverOverwrite);
  await read.SendAndSaveCopy();
  const other = serviceFor(mailboxes[1], url, { "X-AnchorMailbox": mailboxes[1] });
  const filter = new ews.SearchFilter.IsEqualTo(ews.EmailMessageSchema.Subject, "Changed in JavaScript");
  const found = await other.FindItems(ews.WellKnownFolderName.Inbox, filter, new ews.ItemView(10));
  check("received", found.Items.map((item) => [item.Subject, item.IsRead]), [["Changed in JavaScript", false]]);
  const moved = await found.Items[0].Move(ews.WellKnownFolderName.JunkEmail);
  await moved.Delete(ews.DeleteMode.HardDelete);
  const left = await other.FindItems(ews.WellKnownFolderName.JunkEmail, new ews.ItemView(10));
  check("deleted", left.TotalCount, 0);
}

// subscribe subscribes a mailbox of the group; the anchor's answer sets the cookie that the others send.
async function subscribe(mailbox, url, headers) {
  const service = serviceFor(mailbox, url, headers);
  const types = [ews.EventType.NewMail, ews.EventType.Created];
  const subscription = await service.SubscribeToStreamingNotifications([new ews.FolderId(ews.WellKnownFolderName.Inbox)], ...types);
  return { service, subscription };
}

function overrideCookie(service) {
  const headers = service.HttpResponseHeaders;
  const text = JSON.stringify(headers.objects ?? headers);
  return /X-BackEndOverrideCookie=[^;"]+/.exec(text)?.[0];
}

async function stream(url) {
  const headers = { "X-AnchorMailbox": anchor, "X-PreferServerAffinity": "true" };
  const first = await subscribe(anchor, url, headers);
  headers.Cookie = overrideCookie(first.service);
  check("affinity cookie", /^X-BackEndOverrideCookie=ex01/.test(headers.Cookie), true);
  const group = [first];
  for (const mailbox of mailboxes.slice(1)) group.push(await subscribe(mailbox, url, headers));

  const service = serviceFor(anchor, url, headers);
  const connection = new ews.StreamingSubscriptionConnection(service, 1);
  for (const { subscription } of group) connection.AddSubscription(subscription);
  const seen = new Map();
  const complete = new Promise((resolve, reject) => { // the server queues what comes before the stream is open
    connection.OnNotificationEvent.push((_, args) => {
      for (const event of args.Events) {
        const id = args.Subscription.Id;
        seen.set(id, [...(seen.get(id) ?? []), ews.EventType[event.EventType]]);
      }
      if (seen.size === mailboxes.length && [...seen.values()].every((types) => types.length === 2)) resolve();
    });
    connection.OnSubscriptionError.push((_, args) => reject(args.Exception));
  });
  connection.Open().catch(console.error);
  for (const mailbox of mailboxes) {
    const answer = await fetch(process.env.EWS_CONTROL + "deliver", { method: "POST", body: JSON.stringify({ mailbox }) });
    check("delivered", answer.status, 200);
  }
  await complete;
  for (const { subscription } of group) check("streamed", seen.get(subscription.Id), ["Created", "NewMail"]);
  connection.Close();
  for (const { subscription } of group) await subscription.Unsubscribe();
}

async function main() {
  console.log("ews-javascript-api", require("ews-javascript-api/package.json").version);
  const url = await discover();
  await items(url);
  await stream(url);
  console.log("done");
  process.exit(0); // a closed stream of the library keeps its socket
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
