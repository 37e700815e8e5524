// The model, in a thread of its own, so that typing never waits for it.
//
// It hears `{ load: settings }` once, and then `{ read: text, number }`. It says how much is loaded,
// when it is ready, and of each text first the answer and then the words, unless a newer text has
// come meanwhile.
import { Tokenizer } from "./tokenizer.js";
import * as ort from "./vendor/onnxruntime.js";
import { findWords, leaveOut, measureEffect } from "./words.js";

const TOKENS_AT_ONCE = 512; // between two looks at whether somebody goes on typing

let settings;
let session;
let tokenizer;
let latest = -1;

self.onmessage = async ({ data }) => {
  try {
    if (data.load) await load(data.load);
    else await read(data.read, data.number);
  } catch (error) {
    self.postMessage({ trouble: String(error?.message ?? error), number: data.number });
  }
};

async function load(given) {
  settings = given;
  // One thread: more would need headers that few hosts send, GitHub Pages among them.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const parts = [settings.model, settings.engine, settings.tokenizer];
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  let loaded = 0;
  const count = (bytes) => self.postMessage({ loaded: (loaded += bytes), total });
  const [model, engine, vocabulary] = await Promise.all(parts.map((part) => fetchPart(part, count)));
  ort.env.wasm.wasmBinary = engine.buffer;
  const text = new TextDecoder().decode(vocabulary);
  tokenizer = new Tokenizer(JSON.parse(text), settings.max_length);
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  session = await ort.InferenceSession.create(model, options);
  self.postMessage({ ready: true });
}

/** The address of a file next to this one; its checksum makes an old copy in a cache useless. */
function address(part) {
  return new URL(`./${part.file}?${part.sha256.slice(0, 12)}`, import.meta.url).href;
}

/** The bytes of a file; `count` hears how many have come. */
async function fetchPart(part, count) {
  const answer = await fetch(address(part));
  if (!answer.ok) throw new Error(`${part.file} could not be loaded (${answer.status})`);
  const bytes = new Uint8Array(part.bytes);
  const reader = answer.body.getReader();
  let place = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (place + value.length > bytes.length) throw new Error(`${part.file} is longer than it was`);
    bytes.set(value, place);
    place += value.length;
    count(value.length);
  }
  if (place < bytes.length) throw new Error(`${part.file} came only in part`);
  return bytes;
}

async function read(text, number) {
  latest = number;
  await nextTurn();
  if (number !== latest) return;
  const ids = tokenizer.encode(text);
  const wasCut = tokenizer.wasCut;
  const [whole] = await predict([ids]);
  self.postMessage({ answer: whole, tokens: tokenizer.nameTokens(ids), wasCut, number });
  const words = findWords(text);
  const count = Math.max(Math.floor(TOKENS_AT_ONCE / ids.length), 1);
  for (let place = 0; place < words.length; place += count) {
    await nextTurn();
    if (number !== latest) return;
    await weigh(text, ids, whole, words.slice(place, place + count));
  }
  self.postMessage({ words, number });
}

/** Adds to each word how far it moves the answer, found by leaving it out. */
async function weigh(text, ids, whole, words) {
  const rests = words.map((word) => tokenizer.encode(leaveOut(text, word)));
  // Without a word that no token comes from, the model reads the same: no need to ask.
  const differs = rests.map((rest) => rest.join() !== ids.join());
  const asked = rests.filter((_, place) => differs[place]);
  const answers = asked.length ? await predict(asked) : [];
  words.forEach((word, place) => {
    word.effect = differs[place] ? measureEffect(whole, answers.shift(), settings.ordered) : 0;
  });
}

/** The probabilities of the classes, for each of some tokenised texts. */
async function predict(texts) {
  const longest = Math.max(...texts.map((ids) => ids.length));
  const size = texts.length * longest;
  const inputs = new BigInt64Array(size).fill(BigInt(settings.pad_id));
  const mask = new BigInt64Array(size);
  texts.forEach((ids, row) => {
    ids.forEach((id, place) => {
      inputs[row * longest + place] = BigInt(id);
      mask[row * longest + place] = 1n;
    });
  });
  const shape = [texts.length, longest];
  const { logits } = await session.run({
    input_ids: new ort.Tensor("int64", inputs, shape),
    attention_mask: new ort.Tensor("int64", mask, shape),
  });
  const classes = settings.labels.length;
  return texts.map((_, row) => softmax(logits.data.slice(row * classes, (row + 1) * classes)));
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const shares = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = shares.reduce((one, other) => one + other, 0);
  return shares.map((share) => share / sum);
}

/** Lets messages be heard that have come meanwhile. */
function nextTurn() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
