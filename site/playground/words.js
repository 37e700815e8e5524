// The words of a text that are weighed, and the text without one of them: as in Python, where
// tweetsent_utils/evaluation/explanation.py finds them.

const WORD = String.raw`[\p{L}\p{N}_]`;
const SPACE = String.raw`\s\x1c-\x1f\x85`;

export const MOST_WORDS = 64; // of a text that are weighed

const CONTRACTION = "[A-Za-z]+(?:['’][A-Za-z]+)+"; // such as "don't"
const EMOJI = String.raw`[\u2600-\u27bf\u{1f1e6}-\u{1faff}][\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]*`;

// A whole link; a mention or hashtag; a contraction; a plain word; a word of any script; emoji.
const ANY_WORD = new RegExp(
  [
    `${WORD}+://[^${SPACE}]+`,
    `[@#]${WORD}+`,
    CONTRACTION,
    String.raw`(?<![\p{L}\p{N}_@#/.])[A-Za-z]+(?!${WORD})(?!:)`,
    `${WORD}+`,
    `(?:${EMOJI})+`,
  ].join("|"),
  "gu",
);

/** Where the first words of a text are: `{ start, end }`, in JavaScript's places. */
export function findWords(text, most = MOST_WORDS) {
  const words = [];
  for (const found of text.matchAll(ANY_WORD)) {
    if (words.length === most) break;
    words.push({ start: found.index, end: found.index + found[0].length });
  }
  return words;
}

/** A text without one of its words. */
export function leaveOut(text, word) {
  return text.slice(0, word.start) + text.slice(word.end);
}

/** How far a word moves the answer: see `measure_effects` in Python. */
export function measureEffect(whole, without, ordered) {
  const moved = whole.map((share, rank) => share - without[rank]);
  if (ordered) return moved.reduce((sum, change, rank) => sum + change * rank, 0);
  return moved[whole.indexOf(Math.max(...whole))];
}
