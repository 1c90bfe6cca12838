import { isUtf8 } from "node:buffer";

/**
 * A body's text as OpenSearch's JSON parser (Jackson) reads it: UTF-16 and UTF-32 are recognised by a byte order mark
 * or by where the first character has its zeros, and UTF-8 may be written with more bytes than needed.
 */
export function bodyText(body: Buffer): string {
	if (!isWide(body))
		return withoutMark(isUtf8(body) ? body.toString("utf8") : lenient(body));
	const [a = 1, b = 1, c = 1, d = 1] = body;
	if ((a === 0 && b === 0) || (c === 0 && d === 0 && body.length >= 4))
		return withoutMark(utf32(body, a === 0 ? "BE" : "LE"));
	const even = body.subarray(0, body.length & ~1);
	const bigEndian = a === 0 || a === 0xfe;
	return withoutMark(
		(bigEndian ? Buffer.from(even).swap16() : even).toString("utf16le"),
	);
}

/** A body that is written in proper UTF-8, as text; undefined for any other one. */
export function utf8Text(body: Buffer): string | undefined {
	return isUtf8(body) ? withoutMark(body.toString("utf8")) : undefined;
}

/** Whether a body is in UTF-16 or UTF-32. */
export function isWide([a, b]: Buffer): boolean {
	return (
		a === 0 ||
		b === 0 ||
		(a === 0xfe && b === 0xff) ||
		(a === 0xff && b === 0xfe)
	);
}

function withoutMark(text: string): string {
	return text.replace(/^\ufeff/, "");
}

function utf32(body: Buffer, order: "BE" | "LE"): string {
	let text = "";
	for (let offset = 0; offset + 4 <= body.length; offset += 4) {
		const point =
			order === "BE" ? body.readUInt32BE(offset) : body.readUInt32LE(offset);
		text += point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
	}
	return text;
}

/** UTF-8 without the check that a character is written with as few bytes as it needs. */
function lenient(body: Buffer): string {
	let text = "";
	for (let offset = 0; offset < body.length; ) {
		const lead = body[offset++] ?? 0;
		const following = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
		let point = lead < 0xc0 ? lead : lead & (0x3f >> following);
		for (let count = 0; count < following; count++)
			point = (point << 6) | ((body[offset++] ?? 0) & 0x3f);
		text += point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
	}
	return text;
}

/** A text with its `\uXXXX` escapes resolved, wherever they stand. */
export function unescaped(text: string): string {
	return text.includes("\\u")
		? text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
				String.fromCharCode(Number.parseInt(digits, 16)),
			)
		: text;
}
