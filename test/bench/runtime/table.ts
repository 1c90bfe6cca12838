import { availableParallelism, cpus, loadavg } from "node:os";

/** What a figure has to reach. */
export type Bound =
	| { at: "most"; limit: number }
	| { at: "least"; limit: number }
	| { at: "below"; limit: number };

/** A line of the table. */
export interface Row {
	what: string;
	unit: string;
	ours: number;
	/** What it is compared with; the bound is then the ratio's, else our figure's. */
	theirs?: number;
	/** None where a figure is only stated. */
	bound?: Bound;
	/** What theirs is, and what else is worth knowing. */
	note?: string;
}

/** Whether a row is within its bound; undefined where it has none. */
export function isMet(row: Row): boolean | undefined {
	if (row.bound === undefined) return undefined;
	const figure = row.theirs === undefined ? row.ours : row.ours / row.theirs;
	const { at, limit } = row.bound;
	if (at === "most") return figure <= limit;
	return at === "least" ? figure >= limit : figure < limit;
}

/** The table in Markdown, as the README has it. */
export function markdown(rows: readonly Row[]): string {
	const titles = ["what", "ours", "theirs", "ratio", "bound", "met", "note"];
	const lines = [titles, titles.map(() => "---"), ...rows.map(cells)];
	return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells(row: Row): string[] {
	const { what, unit, ours, theirs, bound, note = "" } = row;
	const met = isMet(row);
	return [
		what,
		`${shown(ours)} ${unit}`,
		theirs === undefined ? "" : `${shown(theirs)} ${unit}`,
		theirs === undefined ? "" : (ours / theirs).toFixed(2),
		bound === undefined ? "stated" : `${symbols[bound.at]} ${bound.limit}`,
		met === undefined ? "" : met ? "yes" : "no",
		note,
	];
}

const symbols = { most: "≤", least: "≥", below: "<" };

/** Three digits that say something, no more. */
function shown(value: number): string {
	return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/** On what, with what and when it is measured; to be asked at the beginning. */
export function circumstances(
	versions: Readonly<Record<string, string>>,
): string {
	const names = Object.entries(versions).map(([name, v]) => `${name} ${v}`);
	const [processor] = cpus();
	const [busy = 0] = loadavg();
	return [
		`${processor?.model ?? "unknown processor"}, ${availableParallelism()} processors, load average ${busy.toFixed(1)} before`,
		...names,
		new Date().toISOString().slice(0, 10),
	].join("; ");
}
