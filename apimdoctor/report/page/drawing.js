// The picture of a token's way, the policy in the order in which it runs, and the two sets side by side.
const SVG = "http://www.w3.org/2000/svg";
const shape = (name, attributes, ...children) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const STATES = {
  error: "the fault is here", warning: "warning", info: "note", unknown: "not assessed", misread: "reads another token",
  good: "token is checked", partly: "on some ways only", "": "",
};
const HOLDS = { caller: "the caller's token", gateway: "the gateway's own token", none: "no token" };
const short = (value, most) => (value.length > most ? `${value.slice(0, most - 1)}\u2026` : value);

const tokenPath = (path) => {
  const rows = [];
  const check = path.checks.length ? run.checks[path.checks[0]] : null;
  const issued = check && check.apps.length ? run.apps[check.apps[0].app] : null;
  rows.push({ title: "Caller", note: path.context, state: "", holds: "caller" });
  const met = check && check.apps[0];
  const refused = met && (met.issuers.any === "no" || met.audiences.any === "no");
  rows.push({
    title: "Entra ID", note: issued ? `${issued.name}, token version ${issued.version}` : "no app registration is named by a check",
    state: !issued ? "unknown" : refused ? "error" : met.issuers.any === "unknown" || met.audiences.any === "unknown" ? "unknown" : "good",
    said: !issued ? "not known" : refused ? "not what is accepted" : met.issuers.any === "yes" && met.audiences.any === "yes" ? "issues what is accepted" : "not assessed", holds: "caller",
  });
  let stopped = false;
  for (const [number, state, holds] of path.steps) {
    const [element, scope, section, , , , line] = run.steps[number];
    rows.push({ title: element, note: `${scope || "policy"}, ${section}${line ? `, line ${line}` : ""}`, state, holds, code: true, stopped });
  }
  const [hosts, travels] = path.end;
  rows.push({ title: hosts.length ? "Back end" : "Answer", note: hosts.join(", ") || "the gateway answers itself",
    state: path.kind === "open" || path.kind === "key" ? "warning" : path.kind === "unknown" ? "unknown" : "",
    said: hosts.length && travels ? "gets the caller's token" : "", holds: rows[rows.length - 1].holds });
  const height = 46, width = 520;
  const picture = shape("svg", { class: "way", viewBox: `0 0 ${width} ${rows.length * height + 8}`, role: "img" });
  const told = rows.map((row) => [row.title, row.note, row.said || STATES[row.state]].filter(Boolean).join(", ")).join("; ");
  picture.append(shape("title", {}, `The way of a token: ${told}`));
  rows.forEach((row, place) => {
    const y = place * height + 6;
    if (place) picture.append(shape("line", { class: `rail ${rows[place - 1].holds}`, x1: 22, x2: 22, y1: y - height + 32, y2: y + 6 }));
    picture.append(shape("rect", { class: `box ${row.state || "calm"}`, x: 42, y, width: width - 44, height: height - 8, rx: 7 }));
    picture.append(shape("circle", { class: `dot ${row.state || "calm"}`, cx: 22, cy: y + 19, r: 11 }));
    picture.append(shape("text", { class: `sign ${row.state || "calm"}`, x: 22, y: y + 24, "text-anchor": "middle" }, SIGNS[row.state] || "\u00b7"));
    picture.append(shape("text", { class: row.code ? "name code" : "name", x: 54, y: y + 16 }, short(row.title, 34)));
    picture.append(shape("text", { class: "note", x: 54, y: y + 31 }, short(row.note, 66)));
    const said = row.said || STATES[row.state];
    if (said) picture.append(shape("text", { class: `said ${row.state || "calm"}`, x: width - 12, y: y + 16, "text-anchor": "end" }, said));
  });
  return picture;
};

const holders = (path) => {
  const seen = [...new Set(path.steps.map(([, , holds]) => holds))].filter((one) => one !== "caller");
  return seen.length ? make("p", "sub", `Line: solid is the caller's token, ${seen.map((one) => `${one === "gateway" ? "barred" : "dashed"} is ${HOLDS[one]}`).join(", ")}.`) : null;
};

const policy = (path) => {
  const list = make("ol", "policy");
  for (const [number, state] of path.steps) {
    const [element, scope, section, , words, where] = run.steps[number];
    const head = make("p", "from", make("span", `tag scope ${scope}`, scope || "policy"), ` ${section} `, make("code", "", text(where)));
    const code = make("pre", state ? `code lit ${state}` : "code", text(run.texts[words] || `<${element} />`));
    code.tabIndex = 0;
    list.append(make("li", "", head, code));
  }
  return list;
};

const entries = (values) => {
  const list = make("ul", "set");
  if (values.all) list.append(make("li", "", "anything"));
  for (const one of values.listed) list.append(make("li", "", make("code", "", text(one))));
  if (values.more) list.append(make("li", "", `and ${values.more} more`));
  if (values.rest) list.append(make("li", "open", text(`perhaps more: ${values.rest}`)));
  if (!list.childElementCount) list.append(make("li", "", "nothing is written"));
  return list;
};

const ANSWERS = { yes: ["good", "accepted"], no: ["error", "not accepted"], unknown: ["unknown", "not known"] };
const issuedSet = (found, whole) => {
  const list = make("ul", "set");
  for (const [value, answer] of found.issued) {
    // One audience of several is enough, so a single one that is not accepted is no fault by itself.
    const [kind, said] = ANSWERS[answer === "no" && found.any === "yes" ? "unknown" : answer];
    list.append(make("li", "", mark(answer === "no" && found.any === "yes" ? "partly" : kind), " ", make("code", "", text(value)), make("small", "", answer === "no" && found.any === "yes" ? "not accepted, another is" : said)));
  }
  if (!list.childElementCount) return entries(whole);
  return list;
};

const twoSets = (number) => {
  const check = run.checks[number];
  const box = make("div", "sets");
  box.append(make("h5", "", make("code", "", check.element), " ", text(check.where)));
  const matches = check.apps.length ? check.apps : [null];
  for (const match of matches) {
    const app = match && run.apps[match.app];
    const table = make("table", "two");
    const head = make("tr", "", make("td", ""), make("th", "", app ? text(`Entra ID issues (${app.name})`) : "Entra ID issues"), make("th", "", "The policy accepts"));
    for (const cell of head.querySelectorAll("th")) cell.scope = "col";
    const rows = [["Issuer", "issuers"], ["Audience", "audiences"]].map(([title, key]) => {
      const name = make("th", "", title);
      name.scope = "row";
      return make("tr", "", name, make("td", "", match ? issuedSet(match[key], app[key]) : "no app registration was found for it"), make("td", "", entries(check[key])));
    });
    table.append(make("thead", "", head), make("tbody", "", ...rows));
    const around = make("div", "table", table);
    around.tabIndex = 0;
    around.setAttribute("role", "group");
    around.setAttribute("aria-label", "Issued and accepted");
    box.append(around);
    if (match && match.doubt) box.append(make("p", "sub", text(`${match.certainty}: ${match.doubt}`)));
  }
  return box;
};
