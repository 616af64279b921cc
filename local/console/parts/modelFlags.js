// Settings of models: for each model and type of flag one value.

import { flagTypes, row, search } from "../core/catalog.js";
import { nameOf, RowName } from "./picker.js";
import { Button, html, useAnswer, useId, useState } from "./ui.js";

/** The types of flags but those that say whether something is active: these are a switch of their own. */
export const settable = (types) => types.filter(({ type }) => !/^(persona|tool|eval|test)_active$/.test(type));

export function ModelFlags({ id, field, content, edit, mark }) {
  const own = useId();
  const all = content.model_flag_values ?? [];
  const types = useAnswer(flagTypes, []).answer ?? [];
  const models = useAnswer(async () => {
    if (!content.model_ids) return (await search("models", "", { limit: 100 })).rows;
    return Promise.all(content.model_ids.map((one) => row("models", one)));
  }, [JSON.stringify(content.model_ids)]).answer ?? [];
  const usable = settable(types);
  const set = (next) => edit({ model_flag_values: next });
  const choose = (model, type, value) => set([...all.filter((one) => !(one.model_id === model && one.type === type)), ...(value === null ? [] : [{ model_id: model, type, value }])]);
  const [model, setModel] = useState("");
  const [type, setType] = useState("");
  const add = () => {
    choose(model, type, usable.find((one) => one.type === type).rows[0].value);
    setType("");
  };
  return html`<span class="label" id=${`${id}-label`}>${field.label}</span>
    ${all.length > 0 && html`<ul class="settings" aria-labelledby=${`${id}-label`}>${all.map((one, at) => html`<li class="line" key=${`${one.model_id} ${one.type}`}>
      <span class="grow clip" id=${`${own}-model-${at}`}><${RowName} type="models" id=${one.model_id} /></span><span class="dim" id=${`${own}-type-${at}`}>${one.type.replace(/_/g, " ")}</span>
      <select aria-labelledby=${`${own}-type-${at} ${own}-model-${at}`} ...${mark(at)} value=${one.value} onChange=${(event) => choose(one.model_id, one.type, event.target.value)}>
        ${(usable.find(({ type: own }) => own === one.type)?.rows ?? [{ value: one.value }]).map((flag) => html`<option value=${flag.value}>${flag.value}</option>`)}</select>
      <${Button} icon="x" class="little" label="Remove" id=${`${own}-drop-${at}`} aria-labelledby=${["drop", "type", "model"].map((part) => `${own}-${part}-${at}`).join(" ")} onClick=${() => choose(one.model_id, one.type, null)} />
    </li>`)}</ul>`}
    <div class="line">
      <select id=${id} aria-label="Model" value=${model} onChange=${(event) => setModel(event.target.value)}><option value="">Model…</option>${models.map((one) => html`<option value=${one.id}>${nameOf(one)}</option>`)}</select>
      <select aria-label="Setting" value=${type} onChange=${(event) => setType(event.target.value)}><option value="">Setting…</option>${usable
        .filter((group) => !all.some((one) => one.model_id === model && one.type === group.type))
        .map((group) => html`<option value=${group.type}>${group.type.replace(/_/g, " ")}</option>`)}</select>
      <${Button} icon="plus" label="Add the setting" disabled=${!model || !type} onClick=${add} />
    </div>
    ${content.model_ids && !content.model_ids.length && html`<span class="hint">Choose a model first.</span>`}`;
}
