// The picture of what the model makes of a text, as elements whose texts are texts: nothing that
// somebody types is ever read as HTML. It looks as in the notebook, whose stylesheet it uses.
import { MOST_WORDS, findWords } from "./words.js";

const MOST_CHARACTERS = 2000; // of a text that are shown
const LONGEST_WORD = 30; // characters that stay on one line
const SMALL = 0.1; // a push that gets no colour and no number, except where somebody asks for it
const MOST_TOKENS = 150;
const MOST_BARS = 12;
// Characters that nobody sees, and those that turn the letters after them around.
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]/g;
const NAMED = { "\u202d": "‹LRO›", "\u202e": "‹RLO›", "\u007f": "\u2421", "\r": "" };

/** An element with attributes and children; a child that is no element becomes text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

/** A change of a number with its sign, and nothing for one that rounds to zero. */
export function showChange(change) {
  if (Math.abs(change) < 0.005) return "";
  const sign = change > 0 ? "+" : "\u2212";
  return sign + Math.abs(change).toFixed(2);
}

/** A text as a page can hold it: control characters become their pictures, or their names. */
export function makeReadable(text) {
  const stranger = /[\0-\x08\x0b-\x1f\x7f\u202d\u202e]/g;
  const picture = (letter) => String.fromCharCode(0x2400 + letter.charCodeAt(0));
  return text.replace(stranger, (letter) => NAMED[letter] ?? picture(letter));
}

/** The answer, the bars, and what changed: `before` are the probabilities of the text kept. */
export function drawAnswer(settings, reading, before) {
  const best = reading.answer.indexOf(Math.max(...reading.answer));
  const calibrated = settings.temperature === 1 ? "" : calibration(settings);
  const answer = make(
    "p",
    { class: "answer" },
    make("b", {}, make("bdi", {}, settings.labels[best])),
    ` ${reading.answer[best].toFixed(2)} `,
    calibrated,
  );
  const complaint = complain(settings, reading);
  return [
    answer,
    complaint ? make("p", { class: "warning" }, complaint) : "",
    drawBars(settings, reading.answer, before),
    before ? make("p", {}, ...describeChange(settings, reading.answer, before)) : "",
  ].filter((part) => part !== "");
}

function calibration(settings) {
  const words = `calibrated, temperature ${settings.temperature.toFixed(2)}`;
  return make("small", { class: "quiet" }, words);
}

function drawBars(settings, shares, before) {
  const ranks = shares.map((_, rank) => rank).sort((one, other) => shares[other] - shares[one]);
  const shown = ranks.slice(0, MOST_BARS).sort((one, other) => one - other);
  const rows = shown.map((rank) => {
    const width = `width:${(100 * shares[rank]).toFixed(1)}%;background:${settings.colors[rank]}`;
    const mark = before ? make("i", { style: `left:${(100 * before[rank]).toFixed(1)}%` }) : "";
    const bar = make("div", { class: "bar", "aria-hidden": "true" }, make("span", { style: width }), mark);
    const moved = before ? showChange(shares[rank] - before[rank]) : "";
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, make("bdi", {}, settings.labels[rank])),
      make("td", { class: "wide" }, bar),
      make("td", { class: "number" }, shares[rank].toFixed(2)),
      before ? make("td", { class: "number quiet" }, moved) : "",
    );
  });
  return make("table", { class: "bars", "aria-label": "Probability of each class" }, ...rows);
}

/** In words, which class gained most and which lost most. */
function describeChange(settings, now, before) {
  const moved = now.map((share, rank) => share - before[rank]);
  const ranks = [moved.indexOf(Math.max(...moved)), moved.indexOf(Math.min(...moved))];
  const told = ranks.filter((rank) => showChange(moved[rank]));
  if (!told.length) return ["The answer is the same."];
  const parts = told.flatMap((rank) => {
    const verb = moved[rank] > 0 ? "gained" : "lost";
    const span = `${before[rank].toFixed(2)} to ${now[rank].toFixed(2)}`;
    const words = ` ${verb} ${Math.abs(moved[rank]).toFixed(2)} (${span})`;
    return [make("bdi", {}, settings.labels[rank]), words, ", "];
  });
  return [...parts.slice(0, -1), "."];
}

/** Why the model cannot read a text, in a sentence; empty if it can. */
function complain(settings, reading) {
  if (!reading.text.trim()) return "There is no text: this is what the model answers to nothing at all.";
  const tokens = plainTokens(settings, reading);
  if (!tokens.length) return "The model cannot read this: no token is left. It answers as to an empty text.";
  if (tokens.every((token) => token === settings.unknown)) {
    return "The model cannot read this: none of it is in its vocabulary.";
  }
  return "";
}

/** The text, each of its words coloured by its push. */
export function drawWords(settings, reading) {
  const { text, words } = reading;
  const card = make("div", { class: "card pushes", dir: "auto" });
  let place = 0;
  for (const word of words) {
    if (word.end > MOST_CHARACTERS) break;
    card.append(makeReadable(text.slice(place, word.start)));
    card.append(drawWord(makeReadable(text.slice(word.start, word.end)), word.effect, settings));
    place = word.end;
  }
  card.append(makeReadable(text.slice(place, MOST_CHARACTERS)));
  const limits = [];
  if (text.length > MOST_CHARACTERS) limits.push(`the first ${MOST_CHARACTERS.toLocaleString("en")} characters are shown`);
  const isLong = findWords(text, MOST_WORDS + 1).length > MOST_WORDS;
  if (isLong) limits.push(`the first ${MOST_WORDS} words are weighed`);
  const notes = limits.length ? [`Only ${limits.join(", and ")}.`] : [];
  const unseen = text.match(INVISIBLE)?.length;
  if (unseen) notes.push(`There are characters that cannot be seen: ${unseen}.`);
  return notes.length ? [card, make("p", { class: "quiet" }, notes.join(" "))] : [card];
}

function drawWord(word, effect, settings) {
  const number = showChange(effect) || "0.00";
  const title = `${word}: ${number}`;
  if (Math.abs(effect) < SMALL) return make("span", { title }, word);
  const side = effect > 0 ? "up" : "down";
  const long = [...word].length > LONGEST_WORD ? " long" : "";
  const strength = Math.min(Math.abs(effect) / (settings.ordered ? 1 : 0.5), 1);
  const style = `--push:${strength.toFixed(2)}`;
  return make("ruby", { class: `push ${side}${long}`, style, title }, word, make("rt", {}, number));
}

/** The tokens that the model reads, without those that mark beginning and end. */
export function drawTokens(settings, reading) {
  const tokens = plainTokens(settings, reading);
  const shown = tokens.slice(0, MOST_TOKENS).flatMap((token) => {
    const isUnknown = token === settings.unknown;
    const look = isUnknown ? { class: "token unknown", title: "not in the vocabulary" } : { class: "token" };
    return [make("span", look, make("bdi", { dir: "ltr" }, token)), " "];
  });
  const count = tokens.length === 1 ? "1\u00a0token" : `${tokens.length}\u00a0tokens`;
  const notes = [tokens.length ? count : "nothing is left"];
  if (tokens.length > MOST_TOKENS) notes.push(`the first ${MOST_TOKENS} shown`);
  if (reading.wasCut) notes.push("the rest is beyond the model's length, cut off");
  const unknown = tokens.filter((token) => token === settings.unknown).length;
  if (unknown) notes.push(`${unknown} not in the vocabulary`);
  return make("div", { class: "page-tokens" }, ...shown, make("small", { class: "quiet" }, notes.join(", ")));
}

function plainTokens(settings, reading) {
  return reading.tokens.slice(settings.special_before, reading.tokens.length - settings.special_after);
}
