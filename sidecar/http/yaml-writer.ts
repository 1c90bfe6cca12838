import { type JsonSink, textOf } from "./json-sink.ts";
import { quoted } from "./yaml-string.ts";

interface Block {
	readonly array: boolean;
	/** The column at which its elements begin. */
	readonly indent: number;
	count: number;
}

/** Names that YAML 1.1 reads as something else than text. */
const notText = /^(?:true|false|yes|no|on|off|y|n|null)$/i;
const plainName = /^[A-Za-z_][\w./-]*$/;

/**
 * Writes YAML as OpenSearch does: texts in double quotes, names only where they must be, arrays not indented. What
 * it quotes beyond OpenSearch are rare names, such as those with a space in them.
 */
export class YamlWriter implements JsonSink {
	#text = "---";
	readonly #blocks: Block[] = [];
	#column = 3;
	/** Whether the next element stands on the line of the dash before it. */
	#afterDash = false;

	get text(): string {
		return `${this.#text}\n`;
	}

	startObject(): void {
		this.#start(false);
	}

	endObject(): void {
		this.#end("{}");
	}

	startArray(): void {
		this.#start(true);
	}

	endArray(): void {
		this.#end("[]");
	}

	name(raw: string): void {
		const text = textOf(raw);
		const plain = plainName.test(text) && !notText.test(text);
		this.#element();
		// A name is never broken: it has to stand on one line.
		this.#write(
			`${plain ? text : quoted(text, { column: 0, indent: 0, width: Number.POSITIVE_INFINITY })}:`,
		);
	}

	value(raw: string): void {
		const block = this.#blocks.at(-1);
		if (block?.array) this.#dash();
		this.#scalar(raw);
	}

	#scalar(raw: string): void {
		this.#space();
		if (!raw.startsWith('"')) {
			this.#write(raw);
			return;
		}
		const indent = (this.#blocks.at(-1)?.indent ?? 0) + 2;
		this.#write(
			quoted(textOf(raw), { column: this.#column, indent, width: 80 }),
		);
	}

	#start(array: boolean): void {
		const outer = this.#blocks.at(-1);
		if (outer?.array) this.#dash();
		this.#blocks.push({ array, indent: indentWithin(outer, array), count: 0 });
	}

	/** Only at its end is an empty object or array known to be one. */
	#end(empty: string): void {
		const block = this.#blocks.pop();
		if (block && block.count > 0) return;
		this.#space();
		this.#write(empty);
		this.#afterDash = false;
	}

	#dash(): void {
		this.#element();
		this.#write("-");
		this.#afterDash = true;
	}

	/** Goes to where the next element of the innermost object or array begins. */
	#element(): void {
		const block = this.#blocks.at(-1);
		if (!block) return;
		if (block.count === 0 && this.#afterDash) this.#space();
		else {
			this.#text += `\n${" ".repeat(block.indent)}`;
			this.#column = block.indent;
		}
		block.count++;
		this.#afterDash = false;
	}

	#space(): void {
		this.#write(" ");
		this.#afterDash = false;
	}

	#write(text: string): void {
		this.#text += text;
		this.#column += text.length;
	}
}

function indentWithin(outer: Block | undefined, array: boolean): number {
	if (outer === undefined) return 0;
	return array && !outer.array ? outer.indent : outer.indent + 2;
}
