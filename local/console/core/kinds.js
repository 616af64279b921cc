// What the forms consist of, as data: which control edits which member of form_state, from which type of the catalog.
//
// A field: `name` the member that the control edits; `members` all members that change with it; `label`; `control`;
// `type` the catalog's type; `group` the heading that it stands under.

const text = (name, id, label, more = {}) => ({ name, members: [name, id], label, control: "text", group: "About", ...more });
const long = (name, id, label, more = {}) => text(name, id, label, { control: "long", ...more });
const one = (name, label, type, more = {}) => ({ name, members: [name], label, control: "one", type, ...more });
const many = (name, label, type, more = {}) => ({ name, members: [name], label, control: "many", type, ...more });

const NAME = text("name", "name_id", "Name");
const DESCRIPTION = long("description", "description_id", "Description");
const FLAGS = { name: "flag_ids", members: ["flag_ids", "active"], label: "Flags", control: "flags", type: "flags", group: "Flags" };
const DEPARTMENTS = many("department_ids", "Departments", "departments", { group: "Belongs to", creatable: true });
const VOICES = many("voice_ids", "Voices", "voices", { group: "Speaks", creatable: true });
const MODEL_VALUES = {
  name: "model_flag_values",
  members: ["model_flag_values", "model_flag_ids"],
  label: "Settings of models",
  control: "modelFlags",
  type: "flags",
  group: "Models",
};
const MODEL_PARTS = [
  many("model_position_ids", "Positions", "model_positions", { group: "Models" }),
  many("model_rubric_ids", "Rubrics", "model_rubrics", { group: "Models" }),
];

export const KINDS = {
  persona: {
    title: "Persona",
    plural: "Personas",
    about: "Who speaks: a name, a face, instructions and examples.",
    fields: [
      NAME,
      DESCRIPTION,
      long("instructions", "instructions_id", "Instructions", { rows: 7, group: "Speaks" }),
      { name: "examples", members: ["examples", "example_ids"], label: "Examples", control: "texts", group: "Speaks" },
      VOICES,
      { name: "color", members: ["color", "color_id"], label: "Color", control: "color", type: "colors", group: "Looks" },
      { name: "icon_id", members: ["icon_id", "icon"], label: "Icon", control: "icon", type: "icons", group: "Looks" },
      { ...FLAGS, active: "persona_active" },
      DEPARTMENTS,
      many("parameter_field_ids", "Parameter fields", "parameter_fields", { group: "Belongs to", creatable: true }),
    ],
  },
  tool: {
    title: "Tool",
    plural: "Tools",
    about: "What an agent can call: its arguments, what they give out, and who may use it.",
    fields: [
      NAME,
      DESCRIPTION,
      {
        name: "args_drafts",
        members: ["args_drafts", "arg_ids", "arg_position_ids", "args_output_ids", "args_outputs_ids"],
        label: "Arguments",
        control: "arguments",
        group: "Arguments",
      },
      one("instruction_id", "Main instruction", "instructions", { group: "Instructions", creatable: true }),
      many("instruction_ids", "Further instructions", "instructions", { group: "Instructions", creatable: true }),
      { ...FLAGS, active: "tool_active" },
      DEPARTMENTS,
      many("permission_ids", "Permissions", "permissions", { group: "Belongs to", creatable: true }),
    ],
  },
  eval: {
    title: "Eval",
    plural: "Evals",
    about: "How models are judged: which ones, with which settings, by which rubrics.",
    fields: [
      NAME,
      DESCRIPTION,
      many("model_ids", "Models", "models", { group: "Models", creatable: true }),
      MODEL_VALUES,
      ...MODEL_PARTS,
      { ...FLAGS, active: "eval_active" },
      DEPARTMENTS,
    ],
  },
  test: {
    title: "Test",
    plural: "Tests",
    about: "One invocation to try: an input, an endpoint, and how the model is to answer.",
    fields: [
      NAME,
      DESCRIPTION,
      one("value_id", "Input", "values", { group: "Invocation", creatable: true }),
      one("endpoint_id", "Endpoint", "endpoints", { group: "Invocation", creatable: true }),
      one("key_id", "Key", "keys", { group: "Invocation", creatable: true }),
      many("modality_ids", "Modalities", "modalities", { group: "Invocation", creatable: true }),
      one("temperature_level_id", "Temperature", "temperature_levels", { group: "Answer", creatable: true }),
      one("reasoning_level_id", "Reasoning", "reasoning_levels", { group: "Answer", creatable: true }),
      one("pricing_id", "Pricing", "pricing", { group: "Answer", creatable: true }),
      many("quality_ids", "Qualities", "qualities", { group: "Answer", creatable: true }),
      { ...VOICES, group: "Answer" },
      MODEL_VALUES,
      ...MODEL_PARTS,
      FLAGS,
      { ...DEPARTMENTS, control: "many" },
    ],
  },
};

const PENDING = { name: "pending_ids", members: ["pending_ids"], label: "Pending" };

/** The field that a member of form_state belongs to. */
export function fieldOf(kind, member) {
  return [...KINDS[kind].fields, PENDING].find((field) => field.members.includes(member)) ?? { name: member, members: [member], label: member };
}

/** What names all members that are accepted together: a field, or all that is said of models. */
export function togetherWith(kind, member) {
  const field = fieldOf(kind, member);
  return field.group === "Models" ? "Models" : field.name;
}
