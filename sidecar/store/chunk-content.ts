import { SidecarError } from "../errors.ts";

const opening = Buffer.from('{"content":"');
const quote = 0x22;

/**
 * The document of a chunk, as JSON, while its bytes pass: `content` comes first, in base64, so that
 * {@link decodeContent} can read it back without parsing.
 *
 * @param fields the document's other fields
 */
export async function* encodeContent(
	bytes: AsyncIterable<Uint8Array>,
	fields: Readonly<Record<string, unknown>>,
): AsyncGenerator<string | Buffer> {
	yield opening;
	let rest = Buffer.alloc(0);
	for await (const piece of bytes) {
		const joined =
			rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
		const whole = joined.length - (joined.length % 3);
		if (whole > 0) yield joined.toString("base64", 0, whole);
		rest = joined.subarray(whole);
	}
	const others = JSON.stringify(fields).slice(1);
	yield `${rest.toString("base64")}",${others}`;
}

/**
 * The bytes of a chunk out of the document that {@link encodeContent} wrote, while it arrives.
 *
 * @throws SidecarError internal for another document, upstream_broken for one that ends early
 */
export async function* decodeContent(
	source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
	let pending = Buffer.alloc(0);
	let opened = false;
	for await (const piece of source) {
		pending =
			pending.length === 0
				? Buffer.from(piece)
				: Buffer.concat([pending, piece]);
		if (!opened) {
			if (pending.length < opening.length) continue;
			if (!pending.subarray(0, opening.length).equals(opening))
				throw new SidecarError(
					"internal",
					"the document of a chunk is damaged",
				);
			pending = pending.subarray(opening.length);
			opened = true;
		}
		const end = pending.indexOf(quote);
		const available = end === -1 ? pending.length : end;
		const whole = end === -1 ? available - (available % 4) : available;
		if (whole > 0)
			yield Buffer.from(pending.toString("latin1", 0, whole), "base64");
		if (end !== -1) return;
		pending = pending.subarray(whole);
	}
	throw new SidecarError(
		"upstream_broken",
		"the document of a chunk is cut off",
	);
}
