/** Characters of which any number may stand at a place of a name. */
type Repeated = (character: string) => boolean;

const anything: Repeated = () => true;

/** What a formatted date is made of where its format quotes nothing: `2026.11.21`, `Nov`, `-`. */
const formatted: Repeated = (character) => !/[a-z]/.test(character);

/** The names that an expression with `*`, date math or a template's parameters may stand for. */
export class NameShape {
	readonly #parts: readonly (string | Repeated)[];

	private constructor(parts: readonly (string | Repeated)[]) {
		this.#parts = parts;
	}

	/** A wildcard expression: `*` stands for anything. */
	static ofPattern(pattern: string): NameShape {
		return new NameShape(
			[...pattern].map((character) =>
				character === "*" ? anything : character,
			),
		);
	}

	/** A text of a template: what stands in `{{…}}` is not known. */
	static ofTemplate(text: string): NameShape {
		const [before = "", ...others] = text.split("{{");
		const parts = others.map((other) => {
			const end = other.lastIndexOf("}}");
			return end < 0 ? "" : other.slice(end + 2);
		});
		return NameShape.ofPattern([before, ...parts].join("*"));
	}

	/**
	 * Date math, `<name-{now/d{yyyy.MM.dd|+01:00}}>`. A format may quote any text, and what it makes may hold a
	 * wildcard, which OpenSearch expands afterwards.
	 */
	static ofDateMath(expression: string): NameShape {
		const parts: (string | Repeated)[] = [];
		let group = "";
		let depth = 0;
		for (const character of expression.slice(1, -1).replaceAll("\\", "")) {
			if (character === "{") {
				depth++;
			} else if (character === "}" && depth > 0) {
				depth--;
				if (depth === 0) {
					parts.push(/['*]/.test(group) ? anything : formatted);
					group = "";
				}
			} else if (depth > 0) {
				group += character;
			} else {
				parts.push(character === "*" ? anything : character);
			}
		}
		return new NameShape(parts);
	}

	/** Whether one of the names begins so. */
	mayBegin(prefix: string): boolean {
		return this.#after(prefix).size > 0;
	}

	/** Whether it is one of the names. */
	mayBe(name: string): boolean {
		return this.#after(name).has(this.#parts.length);
	}

	/** Where in the shape one may be after a text: sets of places, so that many wildcards take no longer. */
	#after(text: string): Set<number> {
		let places = this.#withSkipped([0]);
		for (const character of text) {
			const next: number[] = [];
			for (const place of places) {
				const part = this.#parts[place];
				if (part === character) next.push(place + 1);
				else if (typeof part === "function" && part(character))
					next.push(place);
			}
			places = this.#withSkipped(next);
		}
		return places;
	}

	/** With the places behind parts that may stand for nothing. */
	#withSkipped(places: readonly number[]): Set<number> {
		const all = new Set(places);
		for (const place of all)
			if (typeof this.#parts[place] === "function") all.add(place + 1);
		return all;
	}
}
