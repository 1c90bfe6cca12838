import { visit } from "jsonc-parser";

/** Takes a JSON text piece by piece. Names and values come as they stand in the text, strings in their quotes. */
export interface JsonSink {
	startObject(): void;
	endObject(): void;
	startArray(): void;
	endArray(): void;
	name(raw: string): void;
	value(raw: string): void;
}

/** Reads a JSON text into a sink; numbers keep their digits, strings their escapes. */
export function readJson(json: string, sink: JsonSink): void {
	const raw = (offset: number, length: number) =>
		json.slice(offset, offset + length);
	visit(json, {
		onObjectBegin: () => sink.startObject(),
		onObjectEnd: () => sink.endObject(),
		onArrayBegin: () => sink.startArray(),
		onArrayEnd: () => sink.endArray(),
		onObjectProperty: (_name, offset, length) => sink.name(raw(offset, length)),
		onLiteralValue: (_value, offset, length) => sink.value(raw(offset, length)),
	});
}

/** The text that a JSON string stands for. */
export function textOf(raw: string): string {
	return raw.includes("\\") ? String(JSON.parse(raw)) : raw.slice(1, -1);
}
