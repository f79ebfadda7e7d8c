"use strict";
const find = (selector, inside = document) => inside.querySelector(selector);
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const chosen = (form) => all("input:checked", form).map((input) => input.value);
const isTouched = (form) =>
  chosen(form).length > 0 || all("textarea", form).some((area) => area.value !== area.defaultValue);

function alerting(text) {
  const told = document.createElement("p");
  told.className = "alert";
  told.setAttribute("role", "alert");
  told.textContent = text;
  return told;
}

// Times are told on the reader's clock, with how far from now they are.
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
function far(minutes) {
  if (minutes === 0) return "now";
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  if (Math.abs(minutes) < 2880) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}
function tellTimes() {
  for (const time of all("time")) {
    const at = new Date(time.dateTime), minutes = Math.round((at - Date.now()) / 60000);
    const isToday = at.toDateString() === new Date().toDateString();
    const day = isToday ? {} : { day: "numeric", month: "short" };
    const clock = at.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
    time.textContent = `${clock} (${far(minutes)})`;
    time.classList.toggle("soon", time.dataset.kind === "expires" && minutes < 60);
  }
}

// The button says what it is going to do.
const deeds = {
  approve: "Approve this call", edit: "Make the edited call",
  reject: "Reject this call", respond: "Give this answer",
};
function tellDeed(form) {
  const button = find(".send", form), kinds = chosen(form), calls = all(".choices", form).length;
  const count = (kind) => kinds.filter((one) => one === kind).length;
  const told = Object.keys(deeds).filter(count).map((kind) => `${count(kind)} ${kind}`);
  button.dataset.idle ??= button.textContent;
  button.textContent = button.dataset.idle + (kinds.length ? `: ${told.join(", ")}` : "");
  if (calls === 1 && kinds.length) button.textContent = deeds[kinds[0]];
  const isOfOneKind = kinds.length === calls && told.length === 1;
  button.className = isOfOneKind ? `send ${kinds[0]}` : "send";
}
function checkJson(area) {
  const isMeant = find("[value=edit]:checked", area.closest("fieldset")) !== null;
  let wrong = "";
  try {
    JSON.parse(area.value);
  } catch (error) {
    wrong = `This is not JSON: ${error.message}`;
  }
  area.setCustomValidity(isMeant ? wrong : "");
}
document.addEventListener("input", (event) => {
  const form = event.target.closest("form.question");
  if (form === null) return;
  all(".edit textarea", form).forEach(checkJson);
  tellDeed(form);
});

// What is new on the server takes the place of what was shown, except where somebody is typing.
function lock(form) {
  if (form.classList.contains("locked")) return;
  form.classList.add("locked");
  all("button, [type=radio]", form).forEach((one) => { one.disabled = true; });
  all("textarea", form).forEach((one) => { one.readOnly = true; });
  const told = alerting("This was answered meanwhile, or it has changed. Nothing was sent. ");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => { form.remove(); refresh(); });
  told.append(close);
  form.prepend(told);
}
function merge(old, fresh, sent) {
  const known = new Map([...old.children].map((node) => [node.id, node]));
  let place = old.firstElementChild;
  for (const next of [...fresh.children]) {
    const now = known.get(next.id);
    known.delete(next.id);
    if (now === undefined) {
      old.insertBefore(next, place);
      continue;
    }
    place = now.nextElementSibling;
    if (now.hasAttribute("data-group")) merge(now, next, sent);
    else if (now === sent) now.replaceWith(next);
    else if (now.dataset.version === next.dataset.version) continue;
    else if (isTouched(now)) lock(now);
    else now.replaceWith(next);
  }
  for (const gone of known.values()) {
    const forms = gone.matches("form") ? [gone] : all("form", gone);
    const touched = forms.filter((form) => form !== sent && isTouched(form));
    touched.forEach(lock);
    if (touched.length === 0) gone.remove();
  }
}
function take(text, sent) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (find("#programs", fresh) === null) throw new Error(fresh.body.textContent);
  document.title = fresh.title;
  for (const id of ["#heading", "#notes"]) {
    const now = find(id), next = find(id, fresh);
    if (now.dataset.version === next.dataset.version) continue;
    now.replaceWith(next);
  }
  merge(find("#programs"), find("#programs", fresh), sent);
  const token = find("main", fresh).dataset.token;
  all("[name=token]").forEach((input) => { input.value = token; });
  all("form.question").forEach(tellDeed);
  tellTimes();
}

let turn = 0;
async function refresh(sent) {
  const mine = ++turn, told = find("#connection");
  try {
    const text = await (await fetch("/", { cache: "no-store" })).text();
    if (mine === turn) take(text, sent);
    told.hidden = true;
  } catch {
    told.textContent = "The server does not answer. What you see may be out of date.";
    told.hidden = false;
  }
}
document.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const body = new URLSearchParams(new FormData(form)), mine = ++turn;
  all("button", form).forEach((one) => { one.disabled = true; });
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    const text = await answer.text();
    if (mine === turn || !answer.ok) take(text, form);
    else await refresh(form);
  } catch (error) {
    all("button", form).forEach((one) => { one.disabled = false; });
    form.append(alerting(`${error.message} Send it again if it is still here: it counts once.`));
  }
  delete form.dataset.sent;
});
setInterval(() => { if (!document.hidden && !find("[data-sent]")) refresh(); }, 2000);
setInterval(tellTimes, 20000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
all("form.question").forEach(tellDeed);
tellTimes();
// Of programs of earlier versions there is no picture.
addEventListener("error", (event) => {
  if (event.target.matches?.("img")) event.target.remove();
}, true);
