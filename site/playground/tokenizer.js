// From a text to token ids, as the tokenizer does that is saved with the model.
//
// It reads the `tokenizer.json` of the Hugging Face library `tokenizers`: a WordPiece vocabulary
// with BERT's way of normalising and splitting, after a cleaning of ours. What it doesn't know is
// refused when it is made, and never passed over.

import { NEWER, OLDER_MARKS, OLDER_PUNCTUATION } from "./newer.js";

const SPACE = String.raw`\t\n\v\f\r\x85\p{Z}`; // what Oniguruma, and Unicode, call white space
const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}`; // and what Oniguruma calls a word

// White space and punctuation as BERT has them: all of ASCII that is neither letter nor digit.
const BLANKS = new RegExp(`[${SPACE}]+`, "u");
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
const CONTROL = /[\p{Cc}\p{Cf}\p{Co}]/u;
const IDEOGRAPHS = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

/** Turns texts into token ids. */
export class Tokenizer {
  /** `settings` is the content of a tokenizer.json, `maxLength` counts all tokens of a text. */
  constructor(settings, maxLength) {
    const { model, normalizer, pre_tokenizer: splitter, post_processor: template } = settings;
    require(model.type === "WordPiece", `its model is ${model.type}`);
    require(splitter?.type === "BertPreTokenizer", `its pre-tokenizer is ${splitter?.type}`);
    require(template?.type === "TemplateProcessing", `its post-processor is ${template?.type}`);
    this.vocabulary = new Map(Object.entries(model.vocab));
    this.names = new Map(Object.entries(model.vocab).map(([name, id]) => [id, name]));
    this.unknown = this.vocabulary.get(model.unk_token);
    this.prefix = model.continuing_subword_prefix;
    this.longestWord = model.max_input_chars_per_word;
    this.steps = listSteps(normalizer).map(makeStep);
    this.special = new Map(settings.added_tokens.map((token) => [token.content, token.id]));
    this.specialNames = makeFinder([...this.special.keys()]);
    const place = template.single.findIndex((part) => "Sequence" in part);
    const idsOf = (part) => template.special_tokens[part.SpecialToken.id].ids;
    this.before = template.single.slice(0, place).flatMap(idsOf);
    this.after = template.single.slice(place + 1).flatMap(idsOf);
    this.most = maxLength - this.before.length - this.after.length;
  }

  /** The token ids of a text, with those that mark its beginning and end. */
  encode(text) {
    const ids = [];
    let place = 0;
    for (const found of text.matchAll(this.specialNames)) {
      this.encodePlain(text.slice(place, found.index), ids);
      ids.push(this.special.get(found[0])); // somebody typed "[SEP]": the library takes it so
      place = found.index + found[0].length;
    }
    this.encodePlain(text.slice(place), ids);
    this.wasCut = ids.length > this.most;
    return [...this.before, ...ids.slice(0, this.most), ...this.after];
  }

  /** Adds the ids of a text that holds no special token. */
  encodePlain(text, ids) {
    if (!text) return;
    let clean = text;
    for (const step of this.steps) clean = step(clean);
    for (const run of clean.split(BLANKS)) {
      for (const word of splitMarks(run)) this.encodeWord(word, ids);
    }
  }

  /** Adds the ids of a word: the longest pieces of the vocabulary, from its start on. */
  encodeWord(word, ids) {
    const letters = [...word];
    if (letters.length > this.longestWord) {
      ids.push(this.unknown);
      return;
    }
    const found = [];
    let start = 0;
    while (start < letters.length) {
      let end = letters.length;
      let id;
      for (; end > start; end--) {
        const piece = letters.slice(start, end).join("");
        id = this.vocabulary.get(start > 0 ? this.prefix + piece : piece);
        if (id !== undefined) break;
      }
      if (id === undefined) {
        ids.push(this.unknown);
        return;
      }
      found.push(id);
      start = end;
    }
    ids.push(...found);
  }

  /** The tokens of ids, as a person reads them. */
  nameTokens(ids) {
    return ids.map((id) => this.names.get(id));
  }
}

function require(isKnown, what) {
  if (!isKnown) throw new Error(`This tokenizer cannot be read in a page: ${what}.`);
}

/** An expression that finds any of some names, the longer ones first. */
function makeFinder(names) {
  if (!names.length) return /(?!)/g;
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  escaped.sort((one, other) => other.length - one.length);
  return new RegExp(escaped.join("|"), "gu");
}

/** The steps of a normalizer, one after the other. */
function listSteps(normalizer) {
  if (!normalizer) return [];
  if (normalizer.type === "Sequence") return normalizer.normalizers.flatMap(listSteps);
  return [normalizer];
}

/** A step of a normalizer as a function from text to text. */
function makeStep(step) {
  if (step.type === "Replace") {
    const { String: literal, Regex: expression } = step.pattern;
    if (literal !== undefined) return (text) => text.split(literal).join(step.content);
    const finder = new RegExp(translate(expression), "gu");
    return (text) => text.replace(finder, () => step.content);
  }
  if (step.type === "Strip") {
    const left = step.strip_left ? new RegExp(`^[${SPACE}]+`, "u") : /(?!)/;
    const right = step.strip_right ? new RegExp(`[${SPACE}]+$`, "u") : /(?!)/;
    return (text) => text.replace(left, "").replace(right, "");
  }
  require(step.type === "BertNormalizer", `its normalizer has a step ${step.type}`);
  const stripsAccents = step.strip_accents ?? step.lowercase;
  return (text) => {
    let clean = step.clean_text ? dropControls(text) : text;
    if (step.handle_chinese_chars) clean = spreadIdeographs(clean);
    if (stripsAccents) clean = dropAccents(clean);
    // Letter by letter: for a whole text, the last sigma of a Greek word would be another one.
    if (step.lowercase) clean = Array.from(clean, (letter) => letter.toLowerCase()).join("");
    return clean;
  };
}

/**
 * An expression of Oniguruma's in JavaScript's words, for those that our cleanings use.
 *
 * A quantifier `++` never gives back what it has taken. Ours match the same where it may, since
 * what follows can begin with nothing that was taken.
 */
function translate(expression) {
  const known = /\\w\+\+|\\S\+\+|\\s\+\+|\(\?<!\\w\)|\[[^\]\\]*(?:\\[t][^\]\\]*)?\](?:\+\+)?|\(\?:|[):?|/]/y;
  let found = "";
  while (known.lastIndex < expression.length) {
    const start = known.lastIndex;
    const part = known.exec(expression)?.[0];
    require(part !== undefined, `its cleaning has ${expression.slice(start)}`);
    found += part
      .replace("++", "+")
      .replace("\\w", `[${WORD}]`)
      .replace("\\S", `[^${SPACE}]`)
      .replace("\\s", `[${SPACE}]`)
      .replace(/^\/$/, "\\/");
  }
  return found;
}

function isPunctuation(letter) {
  if (OLDER_PUNCTUATION.includes(letter)) return true;
  return PUNCTUATION.test(letter) && !NEWER.test(letter);
}

/** A text without control characters, and with plain spaces. */
function dropControls(text) {
  let clean = "";
  for (const letter of text) {
    if (BLANKS.test(letter)) {
      if (!"\v\f\x85".includes(letter)) clean += " ";
    } else if (letter !== "\ufffd" && !(CONTROL.test(letter) && !NEWER.test(letter))) {
      clean += letter;
    }
  }
  return clean;
}

/** A text without the accents of its letters. */
function dropAccents(text) {
  const parts = text.normalize("NFD").replace(OLDER_MARKS, "");
  return parts.replace(/\p{Mn}/gu, (mark) => (NEWER.test(mark) ? mark : ""));
}

/** A text with spaces around each ideograph, which is a word of its own. */
function spreadIdeographs(text) {
  let spread = "";
  for (const letter of text) {
    const code = letter.codePointAt(0);
    const isIdeograph = IDEOGRAPHS.some(([first, last]) => first <= code && code <= last);
    spread += isIdeograph ? ` ${letter} ` : letter;
  }
  return spread;
}

/** The parts of a text without spaces: each punctuation mark by itself, and what is between. */
function splitMarks(text) {
  const parts = [];
  let word = "";
  for (const letter of text) {
    if (isPunctuation(letter)) {
      if (word) parts.push(word);
      parts.push(letter);
      word = "";
    } else {
      word += letter;
    }
  }
  if (word) parts.push(word);
  return parts;
}
