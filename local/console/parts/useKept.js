import { useRef } from "./ui.js";

/** `keep(name, says, make)`: what `make()` gave for a name, the same as long as `says` is: what is the same is not compared again. */
export function useKept() {
  const held = useRef(new Map());
  return (name, says, make) => {
    const found = held.current.get(name);
    if (found?.says === says) return found.made;
    const made = make();
    held.current.set(name, { says, made });
    return made;
  };
}
