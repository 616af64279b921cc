// Drafts to begin with, in words that the sample catalog of `make serve` knows.

export const SAMPLES = {
  persona: {
    name: "Ada from Support",
    description: "Answers customers of a parcel service, calmly and to the point.",
    instructions: "Greet by name. Quote the policy that an answer rests on. When a parcel is late, say what happens next and when.",
    examples: ["Good morning, Ms Okafor. Your parcel left Leipzig at 6:10 and arrives tomorrow before noon."],
    color: "#3366cc",
    active: true,
  },
  tool: {
    name: "track_parcel",
    description: "Finds where a parcel is.",
    active: true,
    args_drafts: [
      {
        name: "order_number",
        field_type: "string",
        description: "As printed on the receipt",
        required: true,
        outputs: [{ name: "status", template: "The parcel is {{status}}." }],
      },
      { name: "language", field_type: "string", description: "Of the answer", required: false, default_value: "en" },
    ],
  },
  eval: { name: "Tone of voice", description: "Is the answer calm, and does it help?", active: true },
  test: { name: "A late parcel", description: "What the model says when a parcel is three days late." },
};

const step = (id, type, name, more) => ({ id, type, name, ...more });

export const SAMPLE_AGENT = {
  comment: "First sketch of the support flow",
  flow: {
    steps: [
      step("start", "ENTRY_POINT", "Message arrives"),
      step("triage", "AGENT", "Triage", { prompt: "Read the message. Is it about a parcel, an invoice, or something else?" }),
      step("track", "TOOL", "Track the parcel", { tool: "track_parcel" }),
      step("refund", "TOOL", "Refund", { tool: "refund_order", humanApproval: { slotName: "team_lead" } }),
      step("reply", "AGENT", "Write the answer", { prompt: "Answer in the customer's language. Three sentences at most." }),
      step("end", "EXIT_POINT", "Answer is sent"),
    ],
    edges: [
      { source: "start", target: "triage" },
      { source: "triage", target: "track" },
      { source: "triage", target: "refund" },
      { source: "track", target: "reply" },
      { source: "refund", target: "reply" },
      { source: "reply", target: "end" },
    ],
  },
  slots: [{ name: "team_lead", displayName: "Team lead", requiredKind: "HUMAN" }],
};
