import { close, sessionOf } from "../core/sessions.js";
import { useEffect, useMemo, useReducer, useRef } from "./ui.js";

/** The session of a draft, watched: the component renders again whenever it tells of something. */
export function useSession(kind, id) {
  const kept = useRef();
  const [, again] = useReducer((n) => n + 1, 0);
  // The first save names the draft: it is the same session under its new name.
  const session = kept.current?.id === `${kind}/${id}` ? kept.current : sessionOf(kind, id);
  kept.current = session;
  useEffect(() => {
    const end = session.watch(again);
    // It may have told of something between the drawing and this.
    again();
    return () => (end(), close(session));
  }, [session]);
  return session;
}
