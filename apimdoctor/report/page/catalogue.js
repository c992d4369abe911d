"use strict";
// Search in the catalogue: every word must stand in a rule. Without this script the page still holds all rules.
const query = document.getElementById("query");
const told = document.getElementById("told");
const empty = document.getElementById("empty");
const chips = [...document.querySelectorAll("#severities .chip")];
const rules = [...document.querySelectorAll("details.rule")].map((node) => ({ node, words: node.textContent.toLowerCase() }));
const topics = [...document.querySelectorAll("section.topic")];

const search = () => {
  const asked = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.severity);
  let count = 0;
  for (const { node, words } of rules) {
    const fits = asked.every((word) => words.includes(word)) && (!chosen.length || chosen.includes(node.dataset.severity));
    node.hidden = !fits;
    count += fits;
  }
  for (const topic of topics) topic.hidden = !topic.querySelector("details.rule:not([hidden])");
  empty.hidden = count > 0;
  told.textContent = asked.length || chosen.length ? `${count} of ${rules.length} rules` : "";
};

const open = () => {
  const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (named && named.matches("details.rule")) {
    named.hidden = false;
    named.open = true;
    named.scrollIntoView();
  }
};

query.addEventListener("input", search);
for (const chip of chips) {
  chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    search();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== query) {
    event.preventDefault();
    query.focus();
  }
});
window.addEventListener("hashchange", open);
open();
