export interface StringPlace {
	/** The column at which the string begins. */
	column: number;
	/** The column at which it goes on after a break. */
	indent: number;
	/** Past this column it is broken where that is possible. */
	width: number;
}

const escapes: ReadonlyMap<string, string> = new Map([
	["\0", "\\0"],
	["\u0007", "\\a"],
	["\b", "\\b"],
	["\t", "\\t"],
	["\n", "\\n"],
	["\v", "\\v"],
	["\f", "\\f"],
	["\r", "\\r"],
	["\u001b", "\\e"],
	['"', '\\"'],
	["\\", "\\\\"],
	["\u0085", "\\N"],
	["\u00a0", "\\_"],
	["\u2028", "\\L"],
	["\u2029", "\\P"],
]);

/**
 * A text as YAML in double quotes, broken as OpenSearch breaks it: before a space or after a character that is not
 * printable ASCII, the first past the width; never before the second character or the last.
 */
export function quoted(text: string, place: StringPlace): string {
	const lineBreak = `\\\n${" ".repeat(place.indent)}`;
	let out = '"';
	let column = place.column + 1;
	let index = 0;
	for (const character of text) {
		const last = index + character.length - 1;
		const inner = last > 0 && last < text.length - 1;
		const plain = /^[ !#-[\]-~]$/.test(character);
		if (character === " " && inner && column > place.width) {
			out += `${lineBreak}\\`;
			column = place.indent + 1;
		}
		const written = plain ? character : escaped(character);
		out += written;
		column += written.length;
		if (!plain && inner && column > place.width) {
			out += lineBreak;
			column = place.indent;
			if (text[last + 1] === " ") {
				out += "\\";
				column++;
			}
		}
		index += character.length;
	}
	return `${out}"`;
}

/** Characters outside ASCII stand for themselves, but for control characters and halves of pairs. */
function escaped(character: string): string {
	const known = escapes.get(character);
	if (known !== undefined) return known;
	const code = character.codePointAt(0) ?? 0;
	if (code < 0xa0) return `\\x${code.toString(16).padStart(2, "0")}`;
	return code >= 0xd800 && code < 0xe000
		? `\\u${code.toString(16)}`
		: character;
}
