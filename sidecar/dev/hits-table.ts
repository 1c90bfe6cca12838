import Table from "cli-table3";

/** A found noun. */
export interface Hit {
	/** OpenSearch's score of the hit. */
	score: number;
	word: string;
	meaning: string;
}

/** Columns that the rules, the paddings and the ranks of a table take. */
const fixedColumns = 5 + 4 + 8;

const indent = "  ";

/**
 * Hits as a table: rank, score, word and meaning, the meaning cut so that no line is wider than the terminal.
 *
 * @param width columns of the terminal; below 60 it is taken for 60.
 */
export function hitsTable(hits: readonly Hit[], width: number): string {
	const wordWidth = Math.min(
		24,
		Math.max(4, ...hits.map((hit) => hit.word.length)) + 2,
	);
	const longest = Math.max(7, ...hits.map((hit) => hit.meaning.length)) + 2;
	const table = new Table({
		head: ["#", "Score", "Word", "Meaning"],
		colAligns: ["right", "right", "left", "left"],
		colWidths: [
			4,
			8,
			wordWidth,
			Math.min(
				longest,
				Math.max(60, width) - indent.length - fixedColumns - wordWidth,
			),
		],
		style: { head: [], border: [], compact: true },
	});
	for (const [index, hit] of hits.entries()) {
		table.push([index + 1, hit.score.toFixed(3), hit.word, hit.meaning]);
	}
	return table.toString().replaceAll(/^/gm, indent);
}
