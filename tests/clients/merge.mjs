// Merges each case of the standard input, one JSON object a line, as the console does, and prints what comes out.

import { createInterface } from "node:readline";
import { merge } from "../../local/console/core/merge.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { base, theirs, mine } = JSON.parse(line);
  const { value, overlaps } = merge(base, theirs, mine);
  const choices = Object.fromEntries(overlaps.map((one) => [one.place, { value: one.theirs }]));
  const given = merge(base, theirs, mine, choices);
  console.log(JSON.stringify({ value, overlaps: overlaps.length, given: given.value }));
}
