"use strict";
const desk = JSON.parse(document.getElementById("desk").textContent);
const byId = new Map(desk.leads.map(lead => [lead.lead_id, lead]));
const answers = new Map();  // lead_id -> what was entered
const at = id => document.getElementById(id);
const filters = ["kind", "tier", "region", "state", "search"];
let opened = null, unsaved = false;

function cell(row, text, name) {
  const td = row.insertCell();
  td.textContent = text ?? "";
  if (name) td.className = name;
  return td;
}

function yuan(amount) {
  return amount === null ? "" : "¥" + Number(amount).toLocaleString("en", {minimumFractionDigits: 2});
}

function entered(lead) {
  const answer = answers.get(lead.lead_id);
  return answer !== undefined && desk.blank.some(column => answer[column.name]);
}

function fits(lead) {
  const chosen = Object.fromEntries(filters.map(name => [name, at(name).value.trim()]));
  const text = desk.searched.map(name => lead[name] ?? "").join("\n").toLowerCase();
  return (!chosen.kind || lead.subject_type === chosen.kind)
    && (!chosen.tier || lead.tier === chosen.tier)
    && (!chosen.region || lead.region === chosen.region)
    && (!chosen.state || (chosen.state === "entered") === entered(lead))
    && chosen.search.toLowerCase().split(/\s+/).every(word => text.includes(word));
}

function list() {
  const shown = desk.leads.filter(fits), body = at("leads");
  body.replaceChildren();
  for (const lead of shown.slice(0, desk.most)) {
    const row = body.insertRow();
    row.tabIndex = 0;
    if (lead.lead_id === opened) row.className = "open";
    cell(row, desk.kinds[lead.subject_type]);
    cell(row, lead.rank, "n");
    cell(row, lead.tier);
    cell(row, lead.subject_name || lead.subject_id);
    cell(row, lead.region);
    cell(row, yuan(lead.amount_at_risk), "n");
    cell(row, entered(lead) ? answers.get(lead.lead_id).conclusion || "…" : "");
    row.onclick = () => open(lead.lead_id);
    row.onkeydown = event => { if (event.key === "Enter") open(lead.lead_id); };
  }
  at("count").textContent = desk.words.count.replace("{shown}", shown.length).replace("{all}", desk.leads.length)
    .replace("{entered}", desk.leads.filter(entered).length);
}

function open(id) {
  opened = id;
  const lead = byId.get(id), place = at("lead");
  place.replaceChildren();
  const title = document.createElement("h2");
  title.textContent = lead.subject_name || lead.subject_id;
  const facts = document.createElement("table");
  for (const column of desk.facts) {
    const value = lead.worded[column.name];
    if (value === null || value === "") continue;
    const row = facts.insertRow(), head = document.createElement("th");
    head.textContent = column.label;
    row.append(head);
    cell(row, column.is_money ? yuan(value) : value);
  }
  place.append(title, facts, links(lead), form(lead));
  list();
}

function links(lead) {
  const line = document.createElement("p");
  for (const [file, label] of lead.has_pack ? desk.files : []) {
    const link = document.createElement("a");
    link.href = "leads/" + encodeURIComponent(lead.lead_id) + "/" + file;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = label;
    line.append(link, " ");
  }
  if (!lead.has_pack) line.textContent = desk.words.no_pack;
  return line;
}

function form(lead) {
  const table = document.createElement("table"), answer = answers.get(lead.lead_id) ?? {};
  for (const column of desk.blank) {
    const row = table.insertRow(), head = document.createElement("th");
    const field = document.createElement(column.choices ? "select" : column.is_long ? "textarea" : "input");
    head.textContent = column.label;
    for (const choice of column.choices ? ["", ...column.choices] : []) field.add(new Option(choice, choice));
    if (field.localName === "input") field.type = column.kind;
    if (column.kind === "number") { field.min = "0"; field.step = "0.01"; }
    field.name = column.name;
    field.value = answer[column.name] ?? "";
    field.oninput = () => enter(lead, column.name, field.value);
    row.append(head);
    row.insertCell().append(field);
  }
  return table;
}

function enter(lead, name, value) {
  const answer = answers.get(lead.lead_id) ?? {};
  answer[name] = value.trim();
  answers.set(lead.lead_id, answer);
  unsaved = true;
  list();
}

function quoted(text) {
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

function written() {
  const header = [...desk.named, ...desk.blank].map(column => column.label);
  const rows = desk.leads.filter(entered).map(lead => [
    ...desk.named.map(column => lead[column.name] ?? ""),
    ...desk.blank.map(column => answers.get(lead.lead_id)[column.name] ?? ""),
  ]);
  return "\uFEFF" + [header, ...rows].map(row => row.map(value => quoted(String(value))).join(",")).join("\r\n") + "\r\n";
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([written()], {type: "text/csv"}));
  link.download = desk.file;
  link.click();
  URL.revokeObjectURL(link.href);
  unsaved = false;
}

function parsed(text) {
  const rows = [[""]];
  let isQuoted = false;
  for (let i = text.startsWith("\uFEFF") ? 1 : 0; i < text.length; i++) {
    const row = rows.at(-1), c = text[i];
    if (isQuoted && c === '"' && text[i + 1] === '"') { row[row.length - 1] += c; i++; }
    else if (c === '"') isQuoted = !isQuoted;
    else if (!isQuoted && c === ",") row.push("");
    else if (!isQuoted && c === "\n") rows.push([""]);
    else if (isQuoted || c !== "\r") row[row.length - 1] += c;
  }
  return rows;
}

function load(text) {
  const [header, ...rows] = parsed(text), place = header.indexOf(desk.named[0].label);
  let taken = 0;
  for (const row of place < 0 ? [] : rows.filter(row => byId.has(row[place]))) {
    const answer = {};
    for (const column of desk.blank) answer[column.name] = row[header.indexOf(column.label)] ?? "";
    answers.set(row[place], answer);
    taken++;
  }
  at("note").textContent = desk.words.loaded.replace("{taken}", taken);
  list();
  if (opened) open(opened);
}

for (const name of filters) at(name).oninput = list;
at("save").onclick = save;
at("file").onchange = async event => { if (event.target.files[0]) load(await event.target.files[0].text()); };
window.onbeforeunload = event => { if (unsaved) event.preventDefault(); };
list();
