"use strict";
// Everything from a tenant reaches the page as text nodes: no markup is ever made from strings.
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const byId = (id) => document.getElementById(id);
  const SIGNS = { error: "\u00d7", warning: "!", info: "i", unknown: "?", good: "\u2713" };
  const PAGE = 50;

  const make = (name, kind, ...children) => {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  // <U+202E> in a text stands for a character that does not show itself.
  const text = (value) => {
    const whole = document.createElement("bdi");
    for (const part of String(value).split(/(<U\+[0-9A-F]{4,6}>)/)) {
      if (/^<U\+/.test(part)) whole.append(make("span", "unusual", part.slice(1, -1)));
      else if (part) whole.append(part);
    }
    return whole;
  };

  const mark = (kind) => {
    const node = make("span", `mark ${kind}`, SIGNS[kind]);
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", kind === "unknown" ? "not assessed" : kind === "good" ? "no finding" : kind);
    return node;
  };

  const excerpt = (cut) => {
    const pre = make("pre", "");
    pre.tabIndex = 0;
    for (const [number, line, first, last] of cut.lines) {
      const row = make("span", first < 0 ? "row" : "row marked", make("i", "", String(number)));
      if (first < 0) row.append(text(line));
      else row.append(text(line.slice(0, first)), make("mark", "", text(line.slice(first, last))), text(line.slice(last)));
      pre.append(row);
    }
    if (cut.more) pre.append(make("span", "row", make("i", "", ""), "..."));
    return pre;
  };

  const prose = (blocks) => blocks.map(([kind, value]) => make(kind === "code" ? "pre" : "p", kind === "code" ? "code" : "", text(value)));

  const part = (title, ...children) => [make("h4", "", title), ...children];

  const body = (one) => {
    const inner = make("div", "inner");
    if (one.doubt) inner.append(...part("Doubt", make("p", "", text(one.doubt))));
    inner.append(...part("Where", make("p", "", make("code", "", text(one.where)))));
    if (one.excerpt) inner.append(excerpt(one.excerpt));
    if (one.related.length) inner.append(...part("Together with", ...one.related.map((told) => make("p", "", text(told)))));
    if (one.evidence.length) {
      const list = make("dl", "evidence");
      for (const [path, value] of one.evidence) list.append(make("dt", "", text(path)), make("dd", "", text(value)));
      inner.append(...part("Evidence", list));
    }
    if (one.fix.length) inner.append(...part("What to change", make("div", "fix", ...prose(one.fix))));
    if (one.affects.length) inner.append(...part("Affects", ...one.affects.map((told) => make("p", "", text(told)))));
    if (one.also.length) inner.append(...part("Also", ...one.also.map((told) => make("p", "", text(told)))));
    const rule = make("a", "", "About this rule");
    rule.href = `#rule-${one.rule}`;
    rule.addEventListener("click", () => { const about = byId(`rule-${one.rule}`); if (about) about.open = true; });
    inner.append(...part("Rule", make("p", "", rule)));
    return inner;
  };

  const finding = (one) => {
    const said = make("span", "say", text(one.message), make("code", "", text(one.rule)));
    const card = make("details", "finding", make("summary", "", mark(one.severity), said));
    card.id = one.id;
    // Bodies are made when they are opened: thousands of findings stay quick.
    card.addEventListener("toggle", () => { if (card.open && card.childElementCount === 1) card.append(body(one)); });
    return card;
  };

  const group = (one, members) => {
    const title = make("h3", "", text(one.title), one.detail ? make("small", "", text(one.detail)) : null);
    const section = make("section", "group", title, ...members.map(finding));
    section.id = one.id;
    return section;
  };

  const hidden = new Set();
  let limit = PAGE;

  const show = () => {
    const wanted = byId("query").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const parts = [];
    let count = 0, held = 0;
    for (const one of run.groups) {
      const members = one.findings.filter((entry) =>
        !hidden.has(entry.severity) && wanted.every((word) => entry.search.includes(word) || one.search.includes(word)));
      count += members.length;
      const room = members.slice(0, Math.max(0, limit - held));
      held += room.length;
      if (room.length) parts.push(group(one, room));
    }
    if (!count) parts.push(make("p", "empty", run.groups.length ? "No finding matches." : "There are no findings."));
    byId("groups").replaceChildren(...parts);
    byId("more").hidden = held >= count;
    byId("told").textContent = `${count} findings shown`;
  };

  const remember = () => {
    const state = new URLSearchParams();
    if (byId("query").value) state.set("q", byId("query").value);
    if (hidden.size) state.set("without", [...hidden].join(","));
    history.replaceState(null, "", `#${state.toString() ? `/${state}` : ""}`);
  };

  const recall = () => {
    if (!location.hash.startsWith("#/")) return;
    const state = new URLSearchParams(location.hash.slice(2));
    byId("query").value = state.get("q") || "";
    for (const severity of (state.get("without") || "").split(",")) if (severity in SIGNS) hidden.add(severity);
  };

  const changed = () => { limit = PAGE; remember(); show(); };

  const chips = () => {
    for (const [severity, label, count] of run.severities) {
      const chip = make("button", "chip", `${label} ${count}`);
      chip.type = "button";
      chip.setAttribute("aria-pressed", String(!hidden.has(severity)));
      chip.addEventListener("click", () => {
        if (!hidden.delete(severity)) hidden.add(severity);
        chip.setAttribute("aria-pressed", String(!hidden.has(severity)));
        changed();
      });
      byId("severities").append(chip);
    }
  };

  const rows = () => {
    for (const api of run.apis) {
      const name = make("th", "", text(api.title), api.space ? make("small", "", text(api.space)) : null);
      name.scope = "row";
      if (api.group) {
        const link = make("a", "", text(api.title));
        link.href = `#${api.group}`;
        name.replaceChild(link, name.firstChild);
      }
      const count = make("td", "number", String(api.operations));
      byId("rows").append(make("tr", "", name, make("td", "", make("code", "", text(api.path))), make("td", "", ...api.marks.map(mark)), count));
    }
  };

  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  byId("query").addEventListener("input", changed);
  byId("more").addEventListener("click", () => { limit += PAGE; show(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input")) return;
    event.preventDefault();
    byId("query").focus();
  });
  addEventListener("beforeprint", () => { limit = Infinity; show(); for (const card of document.querySelectorAll("details.finding")) card.open = true; });

  recall();
  chips();
  rows();
  show();
  const first = document.querySelector("details.finding");
  if (first) first.open = true;
})();
