import type { JsonSink } from "./json-sink.ts";

/** How a JSON text is laid out, by what stands where. */
export interface JsonLayout {
	colon: string;
	/** Between the brackets of what has nothing in it. */
	empty: string;
	/** Before an element, and before the end of what has elements, followed by the indent for each level of depth. */
	line: string;
	indent: string;
	end: string;
}

export const compact: JsonLayout = {
	colon: ":",
	empty: "",
	line: "",
	indent: "",
	end: "",
};

/** As OpenSearch answers to `?pretty`. */
export const pretty: JsonLayout = {
	colon: " : ",
	empty: " ",
	line: "\n",
	indent: "  ",
	end: "\n",
};

/** Writes JSON in a layout. */
export class JsonWriter implements JsonSink {
	readonly #layout: JsonLayout;
	#text = "";
	/** The number of elements so far, of each object and array that is open. */
	readonly #counts: number[] = [];
	/** The begin of a line at each depth that was there. */
	readonly #lines: string[] = [];
	#named = false;

	constructor(layout: JsonLayout) {
		this.#layout = layout;
	}

	get text(): string {
		return this.#text + this.#layout.end;
	}

	startObject(): void {
		this.#start("{");
	}

	endObject(): void {
		this.#end("}");
	}

	startArray(): void {
		this.#start("[");
	}

	endArray(): void {
		this.#end("]");
	}

	name(raw: string): void {
		this.#text += this.#separator() + raw + this.#layout.colon;
		this.#named = true;
	}

	value(raw: string): void {
		this.#text += this.#separator() + raw;
	}

	#start(bracket: string): void {
		this.#text += this.#separator() + bracket;
		this.#counts.push(0);
	}

	#end(bracket: string): void {
		const empty = this.#counts.pop() === 0;
		this.#text += (empty ? this.#layout.empty : this.#line()) + bracket;
	}

	/** What stands before a name or value: nothing between a name and its value. */
	#separator(): string {
		const depth = this.#counts.length;
		if (this.#named || depth === 0) {
			this.#named = false;
			return "";
		}
		const count = this.#counts[depth - 1] ?? 0;
		this.#counts[depth - 1] = count + 1;
		return count > 0 ? `,${this.#line()}` : this.#line();
	}

	#line(): string {
		const depth = this.#counts.length;
		const line =
			this.#lines[depth] ??
			this.#layout.line + this.#layout.indent.repeat(depth);
		this.#lines[depth] = line;
		return line;
	}
}
