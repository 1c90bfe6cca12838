import { hash } from "node:crypto";
import type { ModelInput } from "../model-result.ts";

/**
 * What an input is kept under: SHA-256 of its exact text, 32 characters of one byte each. The two texts of a pair
 * count one by one, and a text has never the key of a pair.
 */
export function inputKey(input: ModelInput): string {
	const spelled =
		typeof input === "string"
			? `t${input}`
			: `p${input[0].length}:${input[0]}${input[1]}`;
	// UTF-8 has one spelling for all lone surrogates.
	const bytes = /\p{Surrogate}/u.test(spelled)
		? Buffer.from(`u${spelled}`, "utf16le")
		: spelled;
	return hash("sha256", bytes, "binary");
}
