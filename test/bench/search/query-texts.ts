import { seededRandom } from "../runtime/statistics.ts";

/** Words of a text that somebody searches for. */
const fewest = 2;
const most = 8;

/**
 * Texts as people search for: pieces of glosses of 2 to 8 words, every length as likely, no two the same; the same ones
 * in every run.
 */
export function queryTexts(glosses: readonly string[]): string[] {
	const random = seededRandom(glosses.length);
	const texts = new Set<string>();
	for (const gloss of glosses) {
		const words = gloss.match(/[\p{L}\p{N}'-]+/gu) ?? [];
		for (let start = 0; start + fewest <= words.length; ) {
			const length = fewest + Math.floor(random() * (most - fewest + 1));
			texts.add(words.slice(start, start + length).join(" "));
			start += length;
		}
	}
	return [...texts];
}
