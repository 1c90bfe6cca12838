/** Says on an answer how many texts of the request were cut at their model's window. */
export const truncatedTextsHeader = "X-Sidecar-Truncated-Texts";

/** The header with its value; nothing where no text was cut. */
export function truncatedTextsHeaders(count: number): Record<string, string> {
	return count > 0 ? { [truncatedTextsHeader]: String(count) } : {};
}
