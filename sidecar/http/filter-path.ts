import { SidecarError } from "../errors.ts";

/** The steps of one `filter_path` that are still to be taken. */
export type Path = readonly string[];

/** What a name's path says of it: it ends there, it goes on within it, or it does not lead there. */
export type Match = "ends" | "leads nowhere" | Path[];

/** `filter_path`, read: what shall be in the answer and what not. */
export interface FilterPaths {
	included: Path[];
	excluded: Path[];
}

/**
 * Commas separate paths, dots their steps (`\.` is a dot of a name); a path after `-` excludes.
 *
 * @throws SidecarError bad_request for a `-` with no path after it
 */
export function readFilterPaths(text: string): FilterPaths {
	const paths = text.split(",").map((path) => path.trim());
	const excluded = paths.filter((path) => path.startsWith("-"));
	if (excluded.includes("-"))
		throw new SidecarError("bad_request", "filters cannot be null or empty");
	return {
		included: paths.filter((path) => !path.startsWith("-")).flatMap(readPath),
		excluded: excluded.map((path) => path.slice(1)).flatMap(readPath),
	};
}

/** No path at all for a text without any; a dot at the end is of no meaning. */
function readPath(text: string): Path[] {
	if (text === "") return [];
	const steps = text.split(/(?<!\\)\./);
	if (steps.length > 1 && steps.at(-1) === "") steps.pop();
	return [steps.map((step) => step.replaceAll("\\.", "."))];
}

/** Where paths lead that arrived at an object and now meet one of its names; arrays are no steps. */
export function follow(paths: readonly Path[], name: string): Match {
	const next: Path[] = [];
	for (const path of paths) {
		const [step = "", ...rest] = path;
		if (!stepMatches(step, name)) continue;
		if (rest.length === 0) return "ends";
		next.push(rest);
		// `**` takes one name or more.
		if (step === "**") next.push(path);
	}
	return next.length === 0 ? "leads nowhere" : next;
}

/**
 * `*` stands for any text. The pieces between the stars are looked for from the left, each once: the time is linear
 * in the name for each star.
 */
function stepMatches(step: string, name: string): boolean {
	const [first = "", ...pieces] = step.split("*");
	const last = pieces.pop();
	if (last === undefined) return step === name;
	if (name.length < first.length + last.length) return false;
	if (!name.startsWith(first) || !name.endsWith(last)) return false;
	const end = name.length - last.length;
	let position = first.length;
	for (const piece of pieces) {
		const found = name.indexOf(piece, position);
		if (found < 0 || found + piece.length > end) return false;
		position = found + piece.length;
	}
	return true;
}
