// The playground in a page: it puts controls in the place of a still picture, as soon as somebody
// asks for them, and lets the picture follow what is typed.
import { drawAnswer, drawTokens, drawWords, make } from "./picture.js";

const MOST_CHARACTERS = 5000; // of a text that are read
const SETTINGS = new URL("./model.json", import.meta.url);

for (const place of document.querySelectorAll("[data-tweetsent-playground]")) invite(place);

/** Offers to load the model, above the still picture. */
async function invite(place) {
  let settings;
  try {
    settings = await (await fetch(SETTINGS)).json();
  } catch {
    return; // without its files, the picture stays
  }
  const parts = [settings.model, settings.engine, settings.tokenizer];
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const button = make("button", { type: "button" }, "Type a text of your own");
  const note = `This loads the model into your browser: ${megabytes(bytes)} MB, once. What you type stays there.`;
  const bar = make("div", { class: "page-invitation" }, button, make("span", { class: "quiet" }, note));
  place.prepend(bar);
  button.addEventListener("click", () => start(place, bar, settings));
}

/** Loads the model and says how far it has come; then opens the controls. */
function start(place, bar, settings) {
  const progress = make("progress", { max: "1", value: "0", "aria-label": "Loading the model" });
  const state = make("span", { class: "quiet", role: "status" }, "Loading the model …");
  bar.replaceChildren(progress, state);
  let worker;
  const fail = (reason) => {
    worker?.terminate();
    const again = make("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => start(place, bar, settings));
    bar.replaceChildren(make("span", { role: "alert" }, `The model could not be loaded: ${reason}.`), again);
    again.focus();
  };
  try {
    worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  } catch (error) {
    fail(error.message);
    return;
  }
  worker.onerror = (event) => fail(event.message || "your browser cannot run it");
  worker.onmessage = ({ data }) => {
    if (data.trouble) {
      fail(data.trouble);
    } else if (data.ready) {
      worker.onerror = null;
      new Playground(place, settings, worker);
    } else if (data.loaded) {
      progress.value = data.loaded / data.total;
      const words = `${megabytes(data.loaded)} of ${megabytes(data.total)} MB`;
      state.textContent = data.loaded < data.total ? words : "Starting the model …";
    }
  };
  worker.postMessage({ load: settings });
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}

/** Controls and picture of one playground on the page. */
class Playground {
  constructor(place, settings, worker) {
    this.settings = settings;
    this.worker = worker;
    this.number = 0;
    this.now = this.before = null; // the present text and the one kept, with their answers
    this.keepsNext = true;
    this.heading = make("div", {});
    this.words = make("div", {});
    this.tokens = make("div", {});
    this.status = make("p", { class: "page-hidden", role: "status" });
    worker.onmessage = ({ data }) => this.hear(data);
    const controls = this.makeControls();
    place.replaceChildren(...controls, this.status, this.makePicture());
    this.box.focus();
    this.read(this.box.value);
  }

  makeControls() {
    const { examples } = this.settings;
    const id = `tweetsent-text-${Math.random().toString(36).slice(2)}`;
    this.box = make("textarea", { id, rows: "3", dir: "auto", maxlength: String(MOST_CHARACTERS), spellcheck: "false" });
    this.box.value = examples[0];
    this.box.addEventListener("input", () => this.read(this.box.value));
    const options = examples.map((text, place) => make("option", { value: String(place) }, text));
    const choice = make("select", { id: `${id}-choice` }, ...options);
    choice.addEventListener("change", () => {
      this.keepsNext = true;
      this.box.value = examples[Number(choice.value)];
      this.read(this.box.value);
    });
    const keep = make("button", { type: "button", title: "From now on, the thin marks show the answers to this text" }, "Keep this text to compare with");
    keep.addEventListener("click", () => this.keep());
    const back = make("button", { type: "button", title: "Undo all changes since then" }, "Back to the text kept");
    back.addEventListener("click", () => {
      if (!this.before) return;
      this.box.value = this.before.text;
      this.read(this.box.value);
      this.box.focus();
    });
    return [
      make("div", { class: "page-control" }, make("label", { for: choice.id }, "Pick a text"), choice),
      make("div", { class: "page-control" }, make("label", { for: id }, "or type yours"), this.box),
      make("div", { class: "row" }, keep, back),
    ];
  }

  makePicture() {
    const details = make("details", {}, make("summary", {}, "Its tokens, as the model reads them"), this.tokens);
    const legend = make("p", { class: "quiet" }, ...explain(this.settings));
    const label = "What becomes of the text";
    return make("section", { "aria-label": label }, this.heading, this.words, legend, details);
  }

  /** Asks the model for a text; what comes for an older one is passed over. */
  read(text) {
    // A browser may give one half of an emoji while it is typed.
    const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "?");
    this.asked = whole.slice(0, MOST_CHARACTERS);
    this.number += 1;
    this.words.classList.add("waiting");
    this.words.setAttribute("aria-busy", "true");
    this.worker.postMessage({ read: this.asked, number: this.number });
  }

  hear(data) {
    if (data.number !== this.number) return;
    if (data.trouble) {
      this.heading.replaceChildren(make("p", { role: "alert" }, `The model failed on this text: ${data.trouble}`));
    } else if (data.answer) {
      this.now = { text: this.asked, answer: data.answer, tokens: data.tokens, wasCut: data.wasCut };
      if (this.keepsNext) this.before = this.now;
      this.keepsNext = false;
      this.drawAnswer();
      this.tokens.replaceChildren(drawTokens(this.settings, this.now));
    } else if (data.words) {
      this.now.words = data.words;
      this.words.replaceChildren(...(this.now.text.trim() ? drawWords(this.settings, this.now) : []));
      this.words.classList.remove("waiting");
      this.words.removeAttribute("aria-busy");
      const best = this.now.answer.indexOf(Math.max(...this.now.answer));
      this.status.textContent = `${this.settings.labels[best]}, ${this.now.answer[best].toFixed(2)}`;
    }
  }

  keep() {
    this.before = this.now;
    this.drawAnswer();
  }

  drawAnswer() {
    const isOther = this.before.text !== this.now.text;
    this.heading.replaceChildren(...drawAnswer(this.settings, this.now, isOther ? this.before.answer : null));
  }
}

/** What the numbers at the words mean. */
function explain(settings) {
  const what = "Each number is what a word does to the answer, measured by leaving it out: ";
  if (!settings.ordered) return [`${what}by how much likelier the word makes it.`];
  return [`${what}+1.00 moves it by one class towards `, make("bdi", {}, settings.labels.at(-1)), "."];
}
