// Where in the console one is: what the address says behind `#/`.

/** The parts of a hash; one that cannot be decoded is taken as it is. */
export const partsOf = (hash) => hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
