import { SidecarError } from "../errors.ts";

/** The steps of one `filter_path` that are still to be taken. Paths that end alike share their end. */
export interface Path {
	readonly step: string;
	readonly rest: Path | undefined;
}

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
	const reader = new PathReader();
	return {
		included: reader.read(paths.filter((path) => !path.startsWith("-"))),
		excluded: reader.read(excluded.map((path) => path.slice(1))),
	};
}

/** Makes paths of texts, and one path for all that have the same steps: a place is then reached by each path once. */
class PathReader {
	readonly #paths = new Map<Path | undefined, Map<string, Path>>();

	/** No path at all for a text without any; a dot at the end is of no meaning. */
	read(texts: readonly string[]): Path[] {
		const paths = new Set<Path>();
		for (const text of texts) {
			if (text === "") continue;
			const steps = text.split(/(?<!\\)\./);
			if (steps.length > 1 && steps.at(-1) === "") steps.pop();
			const path = steps.reduceRight<Path | undefined>(
				(rest, step) => this.#path(step.replaceAll("\\.", "."), rest),
				undefined,
			);
			if (path) paths.add(path);
		}
		return [...paths];
	}

	#path(step: string, rest: Path | undefined): Path {
		const known = this.#paths.get(rest) ?? new Map<string, Path>();
		this.#paths.set(rest, known);
		const path = known.get(step) ?? { step, rest };
		known.set(step, path);
		return path;
	}
}

/**
 * Where paths lead that arrived at an object and now meet one of its names; arrays are no steps. However often a `**`
 * could be taken, the outcome holds each path once: it has no more of them than `filter_path` has steps.
 */
export function follow(paths: readonly Path[], name: string): Match {
	const next = new Set<Path>();
	for (const path of paths) {
		if (!stepMatches(path.step, name)) continue;
		if (path.rest === undefined) return "ends";
		next.add(path.rest);
		// `**` takes one name or more.
		if (path.step === "**") next.add(path);
	}
	return next.size === 0 ? "leads nowhere" : [...next];
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
