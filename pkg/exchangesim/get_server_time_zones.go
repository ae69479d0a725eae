package exchangesim

import "slices"

// timeZone is a time zone of Windows. Biases are XML durations: what is added to local time to get UTC.
type timeZone struct {
	id, name           string
	standard, daylight string // daylight empty: none
	toDaylight, back   transition
}

// transition is the day of a month on which a clock is changed, by the number of its Sunday, -1 the last.
type transition struct {
	month, sunday, at string
}

var (
	europeSpring, europeAutumn   = transition{"3", "-1", "PT2H"}, transition{"10", "-1", "PT3H"}
	britainSpring, britainAutumn = transition{"3", "-1", "PT1H"}, transition{"10", "-1", "PT2H"}
	americaSpring, americaAutumn = transition{"3", "2", "PT2H"}, transition{"11", "1", "PT2H"}
)

// timeZones are those this server knows, by their names in Windows.
var timeZones = []timeZone{
	{id: "UTC", name: "(UTC) Coordinated Universal Time", standard: "PT0S"},
	{"GMT Standard Time", "(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "PT0S", "-PT1H", britainSpring, britainAutumn},
	{"W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "-PT1H", "-PT2H", europeSpring, europeAutumn},
	{"Romance Standard Time", "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris", "-PT1H", "-PT2H", europeSpring, europeAutumn},
	{"Eastern Standard Time", "(UTC-05:00) Eastern Time (US & Canada)", "PT5H", "PT4H", americaSpring, americaAutumn},
	{"Central Standard Time", "(UTC-06:00) Central Time (US & Canada)", "PT6H", "PT5H", americaSpring, americaAutumn},
	{"Pacific Standard Time", "(UTC-08:00) Pacific Time (US & Canada)", "PT8H", "PT7H", americaSpring, americaAutumn},
	{id: "Tokyo Standard Time", name: "(UTC+09:00) Osaka, Sapporo, Tokyo", standard: "-PT9H"},
}

// getServerTimeZones answers GetServerTimeZones: the zones asked for that are known, or all.
func (c *call) getServerTimeZones() ([]message, *soapFault) {
	var ids []string
	for _, n := range c.op.child(nsMessages, "Ids").named(nsTypes, "Id") {
		ids = append(ids, n.value())
	}
	full := c.op.attr("ReturnFullTimeZoneData") // by default they are full
	x := &xmlBuffer{}
	x.raw("<m:TimeZoneDefinitions>")
	for _, z := range timeZones {
		if len(ids) == 0 || slices.Contains(ids, z.id) {
			z.render(x, full == "" || isTrue(full))
		}
	}
	return []message{success(string(x.raw("</m:TimeZoneDefinitions>").b))}, nil
}

func (z timeZone) render(x *xmlBuffer, full bool) {
	x.raw(`<t:TimeZoneDefinition Id="`, z.id, `" Name="`).text(z.name).raw(`">`)
	if full {
		z.renderRules(x)
	}
	x.raw(`</t:TimeZoneDefinition>`)
}

func (z timeZone) renderRules(x *xmlBuffer) {
	standard, daylight := "trule:"+z.id+"/Standard", "trule:"+z.id+"/Daylight"
	x.raw(`<t:Periods><t:Period Bias="`, z.standard, `" Name="Standard" Id="`, standard, `" />`)
	if z.daylight != "" {
		x.raw(`<t:Period Bias="`, z.daylight, `" Name="Daylight" Id="`, daylight, `" />`)
	}
	x.raw(`</t:Periods><t:TransitionsGroups><t:TransitionsGroup Id="0">`)
	if z.daylight == "" {
		x.raw(`<t:Transition><t:To Kind="Period">`, standard, `</t:To></t:Transition>`)
	} else {
		z.toDaylight.render(x, daylight)
		z.back.render(x, standard)
	}
	x.raw(`</t:TransitionsGroup></t:TransitionsGroups><t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions>`)
}

func (t transition) render(x *xmlBuffer, to string) {
	x.raw(`<t:RecurringDayTransition><t:To Kind="Period">`, to, `</t:To>`).element("t:TimeOffset", t.at).element("t:Month", t.month)
	x.raw(`<t:DayOfWeek>Sunday</t:DayOfWeek>`).element("t:Occurrence", t.sunday).raw(`</t:RecurringDayTransition>`)
}
