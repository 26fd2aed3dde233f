// Filters of SCIM, read and evaluated by a small implementation of its own (RFC 7644 section
// 3.4.2.2), for the vectors in scim/filters.json.

/** @typedef {Record<string, unknown>} Resource */
/** @typedef {(resource: unknown) => boolean} Filter */

class Refused extends Error {}

/** @param {unknown} resource @param {string[]} path @returns {unknown[]} */
function values(resource, path) {
  return path.reduce((found, name) => found.flatMap((part) => {
    if (part === null || typeof part !== "object" || Array.isArray(part)) return [];
    return Object.entries(part).filter(([key]) => key.toLowerCase() === name).flatMap(([, value]) => value);
  }), [resource]);
}

/** @param {string} text @returns {Filter} */
function read(text) {
  /** @type {string[]} */
  const tokens = [];
  const pattern = /\s*("(?:[^"\\]|\\.)*"|[[\]()]|[^\s[\]()"]+)/y;
  const trimmed = text.trimEnd();
  while (pattern.lastIndex < trimmed.length) {
    const found = pattern.exec(trimmed);
    if (!found) throw new Refused();
    tokens.push(found[1]);
  }
  const peek = () => (tokens[0] ?? "").toLowerCase();
  const take = () => { const token = tokens.shift(); if (token === undefined) throw new Refused(); return token; };
  /** @param {string} word @param {() => Filter} one @returns {Filter[]} */
  const list = (word, one) => { const parts = [one()]; while (peek() === word) { take(); parts.push(one()); } return parts; };
  /** @returns {Filter} */
  const either = () => { const parts = list("or", both); return (resource) => parts.some((part) => part(resource)); };
  /** @returns {Filter} */
  const both = () => { const parts = list("and", one); return (resource) => parts.every((part) => part(resource)); };
  /** @param {string} close @returns {Filter} */
  const within = (close) => { const inner = either(); if (take() !== close) throw new Refused(); return inner; };
  /** @returns {Filter} */
  const one = () => {
    const token = take();
    if (token === "(") return within(")");
    if (token.toLowerCase() === "not") {
      if (take() !== "(") throw new Refused();
      const inner = within(")");
      return (resource) => !inner(resource);
    }
    if (!/^[A-Za-z][\w$-]*(\.[A-Za-z][\w$-]*)?$/.test(token)) throw new Refused();
    const path = token.toLowerCase().split(".");
    if (peek() === "[") {
      take();
      const inner = within("]");
      return (resource) => values(resource, path).some(inner);
    }
    const operator = take().toLowerCase();
    const is = (/** @type {unknown} */ value) => value !== null && value !== undefined && value !== "";
    if (operator === "pr") return (resource) => values(resource, path).some(is);
    if (!["eq", "ne", "co", "sw", "ew"].includes(operator)) throw new Refused();
    /** @type {unknown} */
    let wanted;
    try { wanted = JSON.parse(take()); } catch (why) { throw new Refused(String(why)); }
    const exact = ["externalid", "id"].includes(path[path.length - 1]);
    const fold = (/** @type {unknown} */ value) => (typeof value === "string" && !exact ? value.toLowerCase() : value);
    const other = fold(wanted);
    const holds = (/** @type {unknown} */ heard) => {
      const value = fold(heard);
      if (operator === "eq" || operator === "ne") return value === other;
      if (typeof value !== "string" || typeof other !== "string") return false;
      return { co: value.includes(other), sw: value.startsWith(other), ew: value.endsWith(other) }[operator] ?? false;
    };
    return (resource) => values(resource, path).some(holds) !== (operator === "ne");
  };
  const filter = either();
  if (tokens.length > 0) throw new Refused();
  return filter;
}

/** @param {{name: string, filter: string, resource: Resource, matches: boolean | null}[]} cases @returns {number} */
export function checkScim(cases) {
  for (const { name, filter, resource, matches } of cases) {
    let found = null;
    try { found = read(filter)(resource); } catch (why) { if (!(why instanceof Refused)) throw why; }
    if (found !== matches) throw new Error(`${name}: ${filter} gives ${found}, not ${matches}`);
  }
  return cases.length;
}
