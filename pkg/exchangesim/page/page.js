"use strict";
// Asks every second for the sections and replaces those that changed, unless somebody is just selecting text.
const filter = document.getElementById("filter");
const state = document.getElementById("state");
let timer;

async function refresh() {
  clearTimeout(timer);
  const wanted = filter.value;
  if (!document.hidden && getSelection().isCollapsed) {
    try {
      const answer = await fetch("/sim/live?q=" + encodeURIComponent(wanted), {cache: "no-store"});
      if (!answer.ok) throw new Error(answer.statusText);
      const text = await answer.text();
      if (wanted === filter.value) show(new DOMParser().parseFromString(text, "text/html"));
      tell("live");
    } catch {
      tell("no answer");
    }
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, 1000);
}

function show(next) {
  for (const section of next.querySelectorAll("section")) {
    const now = document.getElementById(section.id);
    if (now.innerHTML !== section.innerHTML) now.innerHTML = section.innerHTML;
  }
}

function tell(text) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("lost", text !== "live");
}

filter.addEventListener("input", refresh);
document.addEventListener("visibilitychange", refresh);
refresh();
