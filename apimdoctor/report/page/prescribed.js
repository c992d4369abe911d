// Exact changes: a policy before and after side by side, or the body of a PATCH with the ways to send it, ready to copy.
const GETS_IN = { accepted: "good", refused: "error", unknown: "unknown" };
const source = (kind, value) => make("td", kind, make("code", "", text(value)));
const count = (number) => make("td", "count", number ? String(number) : "");

const headed = (kind, ...titles) => {
  const heads = titles.map(([title, span]) => {
    const made = make("th", "", title);
    made.scope = "col";
    if (span) made.colSpan = span;
    return made;
  });
  return make("table", kind, make("thead", "", make("tr", "", ...heads)));
};
const region = (label, inner) => {
  const made = make("div", "table", inner);
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
};

const sides = (change) => {
  const table = headed("sides", ["Before", 2], ["After", 2]);
  table.prepend(make("colgroup", "", make("col", "count"), make("col", ""), make("col", "count"), make("col", "")));
  for (const hunk of change.hunks) {
    const rows = hunk.map((row) => {
      const [before, old, after, made] = row;
      if (row.length < 4) return make("tr", "", count(before), source("", old), count(after), source("", old));
      return make("tr", "", count(before), before ? source("gone", old) : make("td", ""), count(after), after ? source("come", made) : make("td", ""));
    });
    table.append(make("tbody", "", ...rows));
  }
  return region(`${change.name} before and after`, table);
};

const ways = (change) => change.ways.map(([title, value], place) => {
  const pre = make("pre", "code", text(value));
  pre.tabIndex = 0;
  const line = make("p", "acts", button(`Copy ${title}`, () => copy(value, `Copied for ${title}`)));
  const made = make("details", "path", make("summary", "", title), pre, line);
  made.open = place < 2;
  return made;
});

const admitted = (entries) => {
  const table = headed("", ["Caller"], ["Before"], ["After"]);
  const cell = (state) => make("td", "", mark(GETS_IN[state] || "unknown"), ` ${state}`);
  table.append(make("tbody", "", ...entries.map(([caller, before, after]) => make("tr", "", make("td", "", text(caller)), cell(before), cell(after)))));
  return [make("h5", "", "Who gets in"), region("Who gets in", table)];
};

const prescription = (one, place) => {
  const parts = [];
  for (const change of one.changes) {
    parts.push(make("p", "", make("code", "", text(change.name))));
    if (change.ways) { parts.push(...ways(change)); continue; }
    parts.push(sides(change));
    parts.push(make("p", "acts", button("Copy the patch", () => copy(change.copy, "Copied as a patch for git apply"))));
  }
  if (one.steps.length) parts.push(make("h5", "", "In this order"), make("ol", "", ...one.steps.map((step) => make("li", "", text(step)))));
  if (one.effects.length) parts.push(make("h5", "", "Mind"), ...one.effects.map((told) => make("p", "", text(told))));
  if (one.admissions.length) parts.push(...admitted(one.admissions));
  const card = make("details", "path rx", make("summary", "", text(one.title), make("span", one.safety === "safe" ? "tag good" : "tag", one.safety)), ...parts);
  card.open = !place;
  return card;
};

const prescribedMarkdown = (one) => one.prescriptions.flatMap((entry, place) => [
  `**${place ? "Or" : "Prescription"}, ${entry.safety}:** ${plainMarkdown(entry.title)}`,
  ...entry.changes.flatMap((change) => (change.ways ? change.ways.slice(0, 2).map(([, value]) => fenced(value)) : [fenced(change.copy)])),
  ...entry.steps.map((step, number) => `${number + 1}. ${plainMarkdown(step)}`),
]);
