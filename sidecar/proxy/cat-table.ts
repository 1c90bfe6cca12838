import type { QueryParameters } from "../http/query-parameters.ts";

/** A column of a `_cat` table: its name, its short name, and whether it is shown unless others are asked for. */
export interface Column {
	name: string;
	alias?: string;
	shown: boolean;
}

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** A column as it is shown: under the name by which it was asked for. */
interface Heading {
	title: string;
	name: string;
}

/** Rows in the order that `s` asks for; a key that is no column leaves them as they are. */
export function sortRows(
	columns: readonly Column[],
	rows: readonly Row[],
	parameters: QueryParameters,
): Row[] {
	const keys = (parameters.get("s") ?? "").split(",").flatMap((key) => {
		const [, title = "", direction] = /^(.*?)(?::(asc|desc))?$/.exec(key) ?? [];
		const column = columnOf(columns, title);
		const sign = direction === "desc" ? -1 : 1;
		return column ? [{ name: column.name, sign }] : [];
	});
	return [...rows].sort((a, b) => {
		for (const { name, sign } of keys) {
			const order = compare(a[name] ?? "", b[name] ?? "");
			if (order !== 0) return order * sign;
		}
		return 0;
	});
}

/** The rows as JSON: an object each, with the columns that `h` asks for. */
export function tableJson(
	columns: readonly Column[],
	rows: readonly Row[],
	parameters: QueryParameters,
): string {
	const headings = headingsOf(columns, parameters);
	return JSON.stringify(
		rows.map((row) =>
			Object.fromEntries(headings.map(({ title, name }) => [title, row[name]])),
		),
	);
}

/** The rows as text in OpenSearch's layout, with a line of names where `titled`. */
export function tableText(
	columns: readonly Column[],
	rows: readonly Row[],
	{ parameters, titled }: { parameters: QueryParameters; titled: boolean },
): string {
	const headings = headingsOf(columns, parameters);
	const lines = rows.map((row) => headings.map(({ name }) => row[name] ?? ""));
	if (titled) lines.unshift(headings.map(({ title }) => title));
	const widths = headings.map((_, column) =>
		Math.max(0, ...lines.map((cells) => cells[column]?.length ?? 0)),
	);
	return lines.map((cells) => `${aligned(cells, widths)}\n`).join("");
}

/** Cells to the left of their columns. OpenSearch counts the space in a signed byte: past 127 there is none. */
function aligned(cells: readonly string[], widths: readonly number[]): string {
	const last = cells.length - 1;
	return cells
		.map((cell, column) => {
			const space = ((widths[column] ?? 0) - cell.length) % 256;
			const kept = column < last && space < 128 ? space : 0;
			return cell + " ".repeat(kept);
		})
		.join(" ");
}

/** The columns of `h`, in its order, each once; patterns stand for full names, and unknown names for nothing. */
function headingsOf(
	columns: readonly Column[],
	parameters: QueryParameters,
): Heading[] {
	const asked = parameters.get("h");
	const titles =
		asked === undefined
			? columns.filter(({ shown }) => shown).map(({ name }) => name)
			: asked.split(",").flatMap((title) => expand(columns, title));
	return [...new Set(titles)].flatMap((title) => {
		const column = columnOf(columns, title);
		return column ? [{ title, name: column.name }] : [];
	});
}

function expand(columns: readonly Column[], title: string): string[] {
	if (!title.includes("*")) return [title];
	const escaped = title
		.split(/\*+/)
		.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	const pattern = new RegExp(`^${escaped.join(".*")}$`);
	return columns
		.filter(
			({ name, alias = name }) => pattern.test(name) || pattern.test(alias),
		)
		.map(({ name }) => name);
}

function columnOf(
	columns: readonly Column[],
	title: string,
): Column | undefined {
	return columns.find(({ name, alias }) => title === name || title === alias);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : Number(a > b);
}
