import { h } from "preact";
import htm from "htm";
export { render, createContext, Fragment } from "preact";
export { useState, useEffect, useLayoutEffect, useMemo, useRef, useCallback, useContext, useReducer, useId } from "preact/hooks";
export const html = htm.bind(h);
