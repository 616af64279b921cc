// Reads each case of the standard input, one JSON object a line, as the console shows it, and prints what a person would see.

import { createInterface } from "node:readline";
import { togetherWith } from "../../local/console/core/kinds.js";
import { byStep, sectionsOf } from "../../local/console/core/reading.js";
import { lanesOf } from "../../local/console/core/tree.js";
import { abridged, words } from "../../local/console/core/words.js";

const READ = {
  words: ({ before, after }) => {
    const parts = words(before, after);
    return { parts, abridged: abridged(parts) };
  },
  lanes: ({ entries, current }) => lanesOf(entries, current),
  steps: ({ changes, before, after }) => byStep(changes, before, after),
  proposal: ({ proposal }) => {
    const grouped = (places) => places.map((one) => ({ ...one, group: proposal.kind === "agent" ? one.place : togetherWith(proposal.kind, one.place) }));
    return sectionsOf({ ...proposal, changes: grouped(proposal.changes), conflicts: grouped(proposal.conflicts) });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { read, ...told } = JSON.parse(line);
  console.log(JSON.stringify(READ[read](told)));
}
