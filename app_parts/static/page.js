// Runs once, when the sources panel is in the page (Gradio calls it with element, trigger, props, server, upload, watch).
// It opens passages in their documents, follows citation markers, keeps the question in sight while an answer streams,
// copies, and sets the attributes for which Gradio has no setting.
let awaited = null; // the card to open as soon as the panel shows it
let origin = null; // the citation marker that the reader came from

const log = () => document.querySelector("#chat [role=log]");

function node(name, text, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

// Put the document's text into an opened card, with the passage highlighted and in sight.
function openPlace(place) {
  const box = place.querySelector(".document");
  const store = document.getElementById(place.dataset.text);
  if (!box || !store) return;
  const text = store.textContent;
  const start = Number(place.dataset.start), end = Number(place.dataset.end);
  const mark = node("mark", text.slice(start, end));
  const parts = [node("span", text.slice(0, start)), mark, node("span", text.slice(end))];
  if (store.dataset.before === "1") parts.unshift(node("p", "… " + place.dataset.goesOn, "goes-on"));
  if (store.dataset.after === "1") parts.push(node("p", place.dataset.goesOn + " …", "goes-on"));
  box.replaceChildren(...parts);
  box.scrollTop = Math.max(0, mark.offsetTop - box.clientHeight / 3);
}

// The picture of a page is loaded when it is first opened.
let pagesWanted = false; // the reader opened one: the next source shows its page, too
function openSheet(sheet) {
  const picture = sheet.querySelector("img");
  if (!picture.hasAttribute("src")) picture.src = picture.dataset.src;
  if (sheet.contains(document.activeElement)) sheet.scrollIntoView({ block: "start" }); // the reader opened it
}

function openCard(card) {
  stopFollowing();
  for (const other of element.querySelectorAll(".card.current")) other.classList.remove("current");
  for (const other of element.querySelectorAll("details:is(.place, .sheet)[open]")) if (!card.contains(other)) other.open = false;
  card.classList.add("current");
  const place = card.querySelector("details.place");
  if (place) {
    place.open = true;
    openPlace(place);
  }
  const sheet = pagesWanted && card.querySelector("details.sheet");
  if (sheet) sheet.open = true;
  card.focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  card.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function followMarker(event) {
  const link = event.target.closest?.("a.marker, a.to-sources");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  origin = link;
  const id = link.getAttribute("href").slice(1);
  const card = document.getElementById(id);
  if (card) return openCard(card);
  awaited = id; // an earlier answer or an agency: the server renders its sources, then the card opens
  const of = id.split("-")[1];
  trigger("select", /^\d+$/.test(of) ? { exchange: Number(of) } : { agency: of });
}

function goBack(card) {
  const link = origin?.isConnected ? origin : document.querySelector(`a.marker[href="#${card.id}"]`);
  if (!link) return;
  link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "center" });
}

function copyAnswer(button) {
  const text = document.getElementById("copy-text")?.textContent;
  if (!text) return;
  const label = button.textContent;
  const done = () => {
    button.textContent = document.getElementById("sources").dataset.copied;
    setTimeout(() => (button.textContent = label), 1500);
  };
  // The clipboard API exists on secure origins only; a page served to a local network needs the older way.
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(done);
  const area = node("textarea", text);
  document.body.append(area);
  area.select();
  if (document.execCommand("copy")) done();
  area.remove();
}

// Keep the last question at the top of the conversation while its answer grows, until the reader scrolls.
let following = null, asked = 0;
function keepInSight() {
  const questions = document.querySelectorAll("#chat .user-row");
  const place = log();
  if (!place) return;
  if (questions.length !== asked) {
    asked = questions.length;
    following = questions[asked - 1] ?? null;
  }
  if (following && !following.isConnected) following = questions[asked - 1] ?? null;
  if (!following) return;
  // On a small screen the conversation has no scroll bar of its own: there the page scrolls (the query is page.css's).
  if (!matchMedia("(min-width: 1000px) and (min-height: 500px)").matches) following.scrollIntoView({ block: "start" });
  else place.scrollTop += following.getBoundingClientRect().top - place.getBoundingClientRect().top - 12;
}

function stopFollowing() {
  following = null;
  asked = document.querySelectorAll("#chat .user-row").length;
}

function describe() {
  const brand = document.getElementById("brand-text");
  if (!brand) return;
  document.documentElement.lang = brand.dataset.language;
  log()?.setAttribute("aria-label", brand.dataset.conversation);
  log()?.setAttribute("aria-busy", String(Boolean(document.querySelector("#stop")))); // read the answer once, not piece by piece
  document.querySelector("#news")?.setAttribute("aria-live", "polite");
  const verdict = document.querySelector("#verdict");
  verdict?.setAttribute("role", "group");
  verdict?.setAttribute("aria-labelledby", "feedback-ask");
  document.querySelector("#no")?.setAttribute("aria-expanded", String(Boolean(document.querySelector("#comment"))));
  // Gradio labels every message with its own source text, markup and all; the text itself is what should be read.
  for (const message of document.querySelectorAll("#chat [data-testid=bot][aria-label], #chat [data-testid=user][aria-label]")) {
    message.removeAttribute("aria-label");
  }
  // Its sanitizer takes the labels off the markers.
  for (const marker of document.querySelectorAll("#chat a.marker:not([aria-label])")) {
    marker.setAttribute("aria-label", brand.dataset.source.replace("{number}", marker.textContent.replace(/\D/g, "")));
  }
}

document.addEventListener("click", followMarker);
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("#copy");
  if (button) copyAnswer(button);
});
element.addEventListener("toggle", (event) => {
  if (event.target.matches("details.place") && event.target.open) openPlace(event.target);
  if (event.target.matches("details.sheet") && event.target.open) openSheet(event.target);
}, true);
element.addEventListener("error", (event) => { // errors of pictures do not bubble
  const sheet = event.target.closest("details.sheet");
  if (!sheet) return;
  sheet.querySelector("a").hidden = true;
  sheet.querySelector(".missing").hidden = false;
}, true);
element.addEventListener("click", (event) => {
  const sheet = event.target.closest(".sheet > summary")?.parentElement;
  if (sheet) pagesWanted = !sheet.open;
  const button = event.target.closest("button.back");
  if (button) goBack(button.closest(".card"));
});
element.addEventListener("keydown", (event) => {
  const card = event.key === "Escape" && event.target.closest(".card");
  if (card) goBack(card);
});
for (const name of ["wheel", "touchmove", "keydown"]) {
  document.addEventListener(name, (event) => {
    if (event.target.closest?.("#chat, #side") || name === "touchmove") stopFollowing();
  }, { passive: true });
}
watch("value", () => {
  const card = awaited && document.getElementById(awaited);
  awaited = null;
  if (card) openCard(card);
  else element.closest("#panel").scrollTop = 0; // another answer: from its first source
});
let settled = 0;
new MutationObserver(() => {
  describe();
  keepInSight();
  clearTimeout(settled); // the answer is whole and drawn: from here on the reader scrolls
  if (!document.querySelector("#stop")) settled = setTimeout(stopFollowing, 400);
}).observe(document.querySelector("gradio-app") ?? document.body, { subtree: true, childList: true, characterData: true });
describe();
