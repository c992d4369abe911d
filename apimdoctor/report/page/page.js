// Findings, APIs and app registrations, with the filters in the address.
(() => {
  const PAGE = 50, ROW = 58, WINDOWED = 80, SPARE = 12;
  const KINDS = ["checked", "partly", "key", "open", "unknown"];
  const PROTECTED = ["checked", "on some ways", "key only", "open", "not assessed"];
  const wide = () => matchMedia("(min-width: 761px)").matches;

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

  const block = (value) => {
    const pre = make("pre", "code", text(value));
    pre.tabIndex = 0;
    return pre;
  };
  const prose = (blocks) => blocks.map(([kind, value]) => (kind === "code" ? block(value) : make("p", "", text(value))));
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
    if (one.prescriptions.length) inner.append(...part(one.prescriptions.length > 1 ? "Prescriptions" : "Prescription", ...one.prescriptions.map(prescription)));
    if (one.affects.length) inner.append(...part("Affects", ...one.affects.map((told) => make("p", "", text(told)))));
    if (one.also.length) inner.append(...part("Also", ...one.also.map((told) => make("p", "", text(told)))));
    const rule = make("a", "", "About this rule");
    rule.href = `#rule-${one.rule}`;
    rule.addEventListener("click", () => { const about = byId(`rule-${one.rule}`); if (about) about.open = true; });
    inner.append(make("p", "acts", button("Copy as Markdown", () => copy(markdown(one), "Copied as Markdown")), rule));
    return inner;
  };

  const fill = (card, one) => { if (card.open && card.childElementCount === 1) card.append(body(one)); };
  const finding = (one) => {
    const state = one.state === "new" || one.state === "changed" ? make("span", "tag", one.state) : null;
    const said = make("span", "say", text(one.message), make("code", "", text(one.rule)));
    const card = make("details", "finding", make("summary", "", mark(one.severity), said, state));
    card.id = one.id;
    // Bodies are made when they are opened: thousands of findings stay quick.
    card.addEventListener("toggle", () => fill(card, one));
    return card;
  };

  const group = (one, members) => {
    const title = make("h3", "", text(one.title), one.detail ? make("small", "", text(one.detail)) : null);
    const section = make("section", "group", title, ...members.map(finding));
    section.id = one.id;
    return section;
  };

  const hidden = new Set();
  let news = false, limit = PAGE, opened = -1, listed = [];
  const wanted = () => byId("query").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const matches = () => {
    const words = wanted();
    return run.groups.map((one) => [one, one.findings.filter((entry) =>
      !hidden.has(entry.severity) && (!news || entry.state === "new" || entry.state === "changed")
      && words.every((word) => entry.search.includes(word) || one.search.includes(word)))]);
  };

  const show = () => {
    const parts = [];
    let count = 0, held = 0;
    for (const [one, members] of matches()) {
      count += members.length;
      const room = members.slice(0, Math.max(0, limit - held));
      held += room.length;
      if (room.length) parts.push(group(one, room));
    }
    if (!count) parts.push(make("p", "empty", run.groups.length ? "No finding matches." : "There are no findings."));
    byId("groups").replaceChildren(...parts);
    byId("more").hidden = held >= count;
    table();
    say(`${count} findings and ${listed.length} APIs shown`);
  };

  // The table of APIs: rows of one height, of which only those in sight exist.
  const row = (number) => {
    const api = run.apis[number];
    const link = make("a", "", text(api.title));
    link.href = `#/api=${number}`;
    link.addEventListener("click", (event) => { event.preventDefault(); open(number); });
    const name = make("th", "", link, make("small", "", text(api.space)));
    name.scope = "row";
    const sum = api.protection.reduce((all, one) => all + one, 0);
    const strip = shape("svg", { class: "strip", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
    let at = 0;
    api.protection.forEach((count, place) => {
      if (count) strip.append(shape("rect", { class: `z ${KINDS[place]}`, x: at, width: Math.max((100 * count) / sum - 1, 1), height: 10 }));
      at += (100 * count) / sum;
    });
    const told = api.protection.map((count, place) => (count ? `${count} ${PROTECTED[place]}` : "")).filter(Boolean).join(", ");
    const made = make("tr", "", name, make("td", "", make("code", "", text(api.path))), make("td", "", ...(api.marks.length ? api.marks : ["good"]).map(mark)),
      make("td", "pro", sum ? strip : null, make("small", "", told || "no route was read")), make("td", "number", String(api.operations)));
    made.setAttribute("aria-rowindex", String(listed.indexOf(number) + 2));
    return made;
  };
  const spacer = (height) => {
    const cell = make("td", "");
    cell.colSpan = 5;
    const made = make("tr", "spacer", cell);
    made.setAttribute("aria-hidden", "true");
    cell.style.height = `${height}px`;
    return made;
  };
  const paint = (all = false) => {
    const box = byId("apitable");
    const windowed = listed.length > WINDOWED && !all;
    box.classList.toggle("windowed", windowed);
    let from = 0, to = listed.length;
    if (windowed) {
      from = Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
      to = Math.min(listed.length, from + Math.ceil(box.clientHeight / ROW) + 2 * SPARE);
    }
    const rows = listed.slice(from, to).map(row);
    if (from) rows.unshift(spacer(from * ROW));
    if (to < listed.length) rows.push(spacer((listed.length - to) * ROW));
    byId("rows").replaceChildren(...rows);
  };
  const table = () => {
    const words = wanted();
    const order = ["error", "warning", "unknown", "info"];
    const rank = (api) => { const place = order.findIndex((kind) => api.marks.includes(kind)); return place < 0 ? 9 : place; };
    listed = run.apis.map((_, number) => number).filter((number) => words.every((word) => run.apis[number].search.includes(word)));
    if (words.length) {
      const named = new Set(matches().filter(([, members]) => members.length).map(([one]) => one.id));
      run.apis.forEach((api, number) => { if (named.has(api.group) && !listed.includes(number)) listed.push(number); });
    }
    listed.sort((one, other) => rank(run.apis[one]) - rank(run.apis[other]) || one - other);
    byId("apis-table").setAttribute("aria-rowcount", String(listed.length + 1));
    byId("apitable").scrollTop = 0;
    paint();
  };

  // The page of one API.
  const page = (number) => {
    const api = run.apis[number];
    const box = byId("one");
    const head = make("h3", "", text(api.title), make("small", "", text(`${api.path} in ${api.space}`)));
    head.tabIndex = -1;
    const parts = [make("p", "acts", button("Close", () => { open(-1); byId("apitable").focus(); })), head];
    const found = run.groups.find((one) => one.id === api.group);
    if (found) {
      const link = make("a", "", `${found.findings.length === 1 ? "The finding" : `${found.findings.length} findings`} of this API`);
      link.href = `#${found.id}`;
      link.addEventListener("click", () => { byId("query").value = ""; limit = Infinity; show(); });
      parts.push(make("p", "", link), ...found.findings.slice(0, 3).map((one) => make("p", "gist", mark(one.severity), " ", text(one.message))));
    }
    if (!api.paths.length) parts.push(make("p", "empty", "No route of this API was read."));
    api.paths.forEach((path, place) => {
      const names = path.routes.length > 3 ? `${path.routes.slice(0, 3).join(", ")} and ${path.routes.length - 3} more` : path.routes.join(", ");
      const title = make("summary", "", text(`${names}: ${path.context}`), make("small", "", PROTECTED[KINDS.indexOf(path.kind)]));
      const way = make("details", "path", title);
      const inner = () => {
        if (!way.open || way.childElementCount > 1) return;
        const left = make("div", "", make("h4", "", "The way of a token"), tokenPath(path), holders(path), ...path.holes.map((hole) => make("p", "hole", mark("warning"), " ", text(hole))));
        const right = make("div", "", make("h4", "", "What Entra ID issues, what the policy accepts"), ...path.checks.map(twoSets));
        if (!path.checks.length) right.append(make("p", "empty", "No token check runs here."));
        way.append(make("div", "pair", left, right), make("h4", "", "The policy in the order in which it runs"), policy(path));
      };
      way.addEventListener("toggle", inner);
      if (!place) { way.open = true; inner(); }
      parts.push(way);
    });
    if (api.more) parts.push(make("p", "sub", `${api.more} further outcomes of this API are not drawn.`));
    box.replaceChildren(...parts);
    box.hidden = false;
    return head;
  };
  const open = (number, quiet = false) => {
    opened = number;
    if (number < 0) { byId("one").hidden = true; byId("one").replaceChildren(); } else {
      const head = page(number);
      if (!quiet) { head.focus(); byId("one").scrollIntoView({ block: "start" }); }
    }
    remember();
  };

  const registrations = () => {
    const box = byId("registrations");
    run.apps.forEach((app) => {
      const users = make("ul", "plain");
      for (const number of app.used) {
        const link = make("a", "", text(run.apis[number].title));
        link.href = `#/api=${number}`;
        link.addEventListener("click", (event) => { event.preventDefault(); open(number); });
        users.append(make("li", "", link));
      }
      const told = app.used.length === 1 ? "1 API checks its tokens" : `${app.used.length} APIs check its tokens`;
      const card = make("details", "path", make("summary", "", text(app.name), make("small", "", text(`token version ${app.version}, ${told}`))));
      card.addEventListener("toggle", () => {
        if (!card.open || card.childElementCount > 1) return;
        card.append(make("p", "", make("code", "", text(app.id)), " in tenant ", make("code", "", text(app.tenant))),
          make("h3", "minor", "Issuers of its tokens"), entries(app.issuers), make("h3", "minor", "Audiences of its tokens"), entries(app.audiences),
          make("h3", "minor", "Scopes"), entries(app.scopes), make("h3", "minor", "Roles"), entries(app.roles), make("h3", "minor", "Used by"), ...(app.used.length ? [users] : [make("p", "empty", "No token check of an API that was read names it.")]));
      });
      box.append(card);
    });
    if (!run.apps.length) box.append(make("p", "empty", "No app registration takes part in a way of a token."));
  };

  const remember = () => {
    const state = new URLSearchParams();
    if (byId("query").value) state.set("q", byId("query").value);
    if (hidden.size) state.set("without", [...hidden].join(","));
    if (news) state.set("new", "1");
    if (opened >= 0) state.set("api", String(opened));
    history.replaceState(null, "", `#${state.toString() ? `/${state}` : ""}`);
  };
  const recall = () => {
    if (!location.hash.startsWith("#/")) return;
    const state = new URLSearchParams(location.hash.slice(2));
    byId("query").value = state.get("q") || "";
    news = state.get("new") === "1";
    for (const severity of (state.get("without") || "").split(",")) if (severity in SIGNS) hidden.add(severity);
    const number = Number.parseInt(state.get("api"), 10);
    if (number >= 0 && number < run.apis.length) opened = number;
  };
  const changed = () => { limit = PAGE; remember(); show(); };
  const chip = (label, pressed, act) => {
    const made = make("button", "chip", label);
    made.type = "button";
    made.setAttribute("aria-pressed", String(pressed()));
    made.addEventListener("click", () => { act(); changed(); });
    made.update = () => made.setAttribute("aria-pressed", String(pressed()));
    made.addEventListener("click", made.update);
    return made;
  };
  const chips = () => {
    for (const [severity, label, count] of run.severities) {
      byId("severities").append(chip(`${label} ${count}`, () => !hidden.has(severity), () => { if (!hidden.delete(severity)) hidden.add(severity); }));
    }
    if (run.compared) byId("severities").append(chip("Only new", () => news, () => { news = !news; }));
  };
  const onlyErrors = () => {
    const others = run.severities.map(([severity]) => severity).filter((severity) => severity !== "error");
    const on = others.length && others.every((severity) => hidden.has(severity));
    for (const severity of others) if (on) hidden.delete(severity); else hidden.add(severity);
    hidden.delete("error");
    for (const made of byId("severities").children) made.update();
    changed();
  };
  const theme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  };
  const step = (by) => {
    const cards = [...document.querySelectorAll("details.finding > summary")];
    if (!cards.length) return;
    const at = cards.indexOf(document.activeElement);
    cards[Math.min(cards.length - 1, Math.max(0, at + by))].focus();
  };
  const openFinding = (id) => {
    const found = run.groups.flatMap((one) => one.findings).find((one) => one.id === id);
    if (!found) return;
    if (!byId(id)) { byId("query").value = ""; hidden.clear(); news = false; limit = Infinity; for (const made of byId("severities").children) made.update(); show(); }
    byId(id).open = true;
    byId(id).scrollIntoView({ block: "start" });
    byId(id).querySelector("summary").focus();
  };

  const KEYS = {
    j: () => step(1), k: () => step(-1), e: onlyErrors, t: theme, u: () => { open(-1); byId("apitable").focus(); },
    o: () => { const card = document.activeElement.closest("details"); if (card) card.open = !card.open; },
    "?": () => byId("keys").showModal(), "/": () => byId("query").focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || byId("keys").open) return;
    if (event.key === "Escape" && event.target === byId("query")) { byId("query").value = ""; changed(); return; }
    if (event.target.matches("input, textarea, select") || !byId("letters").checked || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#finding-']");
    if (!link) return;
    event.preventDefault();
    openFinding(link.getAttribute("href").slice(1));
  });
  byId("theme").addEventListener("click", theme);
  byId("help").addEventListener("click", () => byId("keys").showModal());
  byId("shut").addEventListener("click", () => byId("keys").close());
  byId("print").addEventListener("click", () => print());
  byId("query").addEventListener("input", changed);
  byId("more").addEventListener("click", () => { limit += PAGE; show(); });
  byId("apitable").addEventListener("scroll", () => { if (listed.length > WINDOWED) requestAnimationFrame(() => paint()); });
  addEventListener("resize", () => { if (listed.length > WINDOWED && wide()) paint(); });
  addEventListener("beforeprint", () => {
    limit = 200;
    show();
    paint(listed.length <= 500);
    const all = new Map(run.groups.flatMap((one) => one.findings).map((one) => [one.id, one]));
    for (const card of document.querySelectorAll("details.finding")) { card.open = true; fill(card, all.get(card.id)); }
  });
  for (const made of document.querySelectorAll("button.copy")) {
    made.hidden = false;
    made.addEventListener("click", () => {
      const one = run.groups.flatMap((some) => some.findings).find((some) => some.id === made.dataset.finding);
      copy(markdown(one), "Copied as Markdown");
    });
  }

  recall();
  chips();
  show();
  registrations();
  const first = document.querySelector("details.finding");
  if (first) first.open = true;
  if (opened >= 0) open(opened, true);
  else if (location.hash.startsWith("#finding-")) openFinding(location.hash.slice(1));
})();
