import { follow, type Match, type Path } from "./filter-path.ts";
import { type JsonSink, textOf } from "./json-sink.ts";

/** What becomes of what stands somewhere: all of it passes, nothing does, or what the paths from there on say. */
type Verdict = "all" | "nothing" | readonly Path[];

/** Paths and names that are remembered at a time. */
const mostKept = 100_000;

interface Place {
	readonly array: boolean;
	readonly verdict: Verdict;
	/** The name it has in the object around it. */
	readonly name: string | undefined;
	/** Whether its begin has been passed on. */
	begun: boolean;
}

/**
 * Passes on what `filter_path` includes, or what it does not exclude. An object or array on the way of a path is
 * passed on with the first thing in it that is, and not at all if there is none; the outermost one always is.
 */
export class PathFilter implements JsonSink {
	readonly #sink: JsonSink;
	readonly #paths: readonly Path[];
	readonly #excludes: boolean;
	readonly #places: Place[] = [];
	/** What names were found to say, since an answer has few names many times; forgotten past {@link mostKept}. */
	readonly #matches = new Map<readonly Path[], Map<string, Match>>();
	#kept = 0;
	#name: string | undefined;
	#verdict: Verdict;

	constructor(
		sink: JsonSink,
		paths: readonly Path[],
		options: { excludes: boolean },
	) {
		this.#sink = sink;
		this.#paths = paths;
		this.#excludes = options.excludes;
		this.#verdict = paths;
	}

	startObject(): void {
		this.#start(false);
	}

	endObject(): void {
		this.#end();
	}

	startArray(): void {
		this.#start(true);
	}

	endArray(): void {
		this.#end();
	}

	name(raw: string): void {
		this.#name = raw;
		this.#verdict = this.#judge(raw);
	}

	value(raw: string): void {
		const verdict = this.#takeVerdict();
		const name = this.#takeName();
		if (verdict !== "all" && (verdict === "nothing" || !this.#excludes)) return;
		this.#begin();
		if (name !== undefined) this.#sink.name(name);
		this.#sink.value(raw);
	}

	#start(array: boolean): void {
		const verdict = this.#takeVerdict();
		const name = this.#takeName();
		const outermost = this.#places.length === 0;
		this.#places.push({ array, verdict, name, begun: false });
		if (outermost || verdict === "all") this.#begin();
	}

	#end(): void {
		const place = this.#places.pop();
		if (!place?.begun) return;
		if (place.array) this.#sink.endArray();
		else this.#sink.endObject();
	}

	#judge(raw: string): Verdict {
		const verdict = this.#places.at(-1)?.verdict ?? this.#paths;
		if (verdict === "all" || verdict === "nothing") return verdict;
		const match = this.#match(verdict, raw);
		if (match === "ends") return this.#excludes ? "nothing" : "all";
		if (match === "leads nowhere") return this.#excludes ? "all" : "nothing";
		return match;
	}

	#match(paths: readonly Path[], raw: string): Match {
		const found = this.#matches.get(paths)?.get(raw);
		if (found) return found;
		const match = follow(paths, textOf(raw));
		this.#kept += Array.isArray(match) ? 1 + match.length : 1;
		if (this.#kept > mostKept) {
			this.#matches.clear();
			this.#kept = 0;
		}
		const known = this.#matches.get(paths) ?? new Map<string, Match>();
		this.#matches.set(paths, known.set(raw, match));
		return match;
	}

	/** In an array it is that of the array; before the outermost value it is that of the paths. */
	#takeVerdict(): Verdict {
		const place = this.#places.at(-1);
		return place?.array ? place.verdict : this.#verdict;
	}

	#takeName(): string | undefined {
		const name = this.#name;
		this.#name = undefined;
		return name;
	}

	/** Passes on the begins of all that is open and has not begun, from the outside. */
	#begin(): void {
		for (const place of this.#places) {
			if (place.begun) continue;
			place.begun = true;
			if (place.name !== undefined) this.#sink.name(place.name);
			if (place.array) this.#sink.startArray();
			else this.#sink.startObject();
		}
	}
}
