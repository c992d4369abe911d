"use strict";
// What the other parts share. Everything from a tenant reaches the page as text nodes: no markup is ever made from strings.
const run = JSON.parse(document.getElementById("run").textContent);
const byId = (id) => document.getElementById(id);
const SIGNS = { error: "\u00d7", warning: "!", info: "i", unknown: "?", good: "\u2713", misread: "!", partly: "\u2013" };
const SAID = { error: "error", warning: "warning", info: "info", unknown: "not assessed", good: "no finding" };

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
  node.setAttribute("aria-label", SAID[kind] || kind);
  return node;
};

const button = (label, act) => {
  const node = make("button", "button", label);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
};

const say = (told) => { byId("told").textContent = told; };

const copy = async (value, told) => {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    const field = make("textarea", "unseen");
    field.value = value;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(told);
  const toast = byId("toast");
  toast.textContent = told;
  toast.hidden = false;
  setTimeout(() => { toast.hidden = true; }, 2500);
};

// Markdown for a ticket: names and policies of a tenant make no markup, no link and no mention in it.
const plainMarkdown = (value) => String(value).replace(/\s+/g, " ").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
  .replace(/[\\`*_[\]|~#!]/g, "\\$&").replace(/@/g, "@&#8203;").replace(/:\/\//g, ":\\/\\/").replace(/\bwww\./gi, "www\\.");
const fenced = (value) => {
  const fence = "`".repeat(Math.max(3, ...(value.match(/`+/g) || []).map((some) => some.length + 1)));
  return `${fence}\n${value}\n${fence}`;
};
const markdown = (one) => {
  const parts = [`### ${one.severity}: ${plainMarkdown(one.message)}`, `Rule \`${one.rule}\`, at ${plainMarkdown(one.where)}`];
  if (one.doubt) parts.push(`Doubt: ${plainMarkdown(one.doubt)}`);
  if (one.excerpt) parts.push(fenced(one.excerpt.lines.map(([, line]) => line).join("\n")));
  if (one.evidence.length) parts.push(one.evidence.map(([path, value]) => `* ${plainMarkdown(path)}: ${plainMarkdown(value)}`).join("\n"));
  if (one.affects.length) parts.push(`Affects ${one.affects.map(plainMarkdown).join("; ")}`);
  if (one.fix.length) parts.push("**What to change**", ...one.fix.map(([kind, value]) => (kind === "code" ? fenced(value) : plainMarkdown(value))));
  parts.push(...prescribedMarkdown(one));
  return `${parts.join("\n\n")}\n`;
};
