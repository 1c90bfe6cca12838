type Json = Readonly<Record<string, unknown>>;

/** A `text_chunking` processor, from `text` to `chunks` unless told otherwise. */
export function chunking(algorithm: unknown, rest: Json = {}): unknown {
	return {
		text_chunking: { algorithm, field_map: { text: "chunks" }, ...rest },
	};
}

/** Cut by tokens. */
export const fixed = (parameters: Json, rest: Json = {}) =>
	chunking({ fixed_token_length: parameters }, rest);
/** Cut by characters. */
export const characters = (parameters: Json) =>
	chunking({ fixed_char_length: parameters });
/** Cut behind a text. */
export const delimiter = (parameters: Json, rest: Json = {}) =>
	chunking({ delimiter: parameters }, rest);

/** A text of twelve words. */
export const words =
	"One two, three - four; five six. Seven (eight) nine ten: eleven twelve!";
