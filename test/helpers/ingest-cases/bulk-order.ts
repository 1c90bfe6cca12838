import { isRecord, parsed } from "../../integration/conformance/json.ts";
import type { Call } from "./case.ts";

/**
 * A bulk's answer with its results in the order of the items: neural-search answers those last that fail in a pipeline. An
 * item is known by its action and id, those without an id among themselves by their order.
 */
export function inRequestOrder(answer: unknown, { path, body }: Call): unknown {
	if (!/_bulk(\?|$)/.test(path) || typeof body !== "string") return answer;
	if (!isRecord(answer) || !Array.isArray(answer.items)) return answer;
	const rest = [...answer.items];
	const wanted = itemsOf(body);
	const ordered = wanted.map(({ action, id }) => {
		const isIts = (result: unknown) =>
			isRecord(result) &&
			isRecord(result[action]) &&
			(id === undefined || result[action]._id === id);
		const at = rest.findIndex(isIts);
		return at === -1 ? undefined : rest.splice(at, 1)[0];
	});
	// What has no item of its name stands where one has no result.
	const items = ordered.map((result) => result ?? rest.shift());
	return { ...answer, items };
}

function itemsOf(body: string): { action: string; id: unknown }[] {
	const items: { action: string; id: unknown }[] = [];
	const lines = body.split("\n").filter((line) => line.trim() !== "");
	for (let at = 0; at < lines.length; at++) {
		const line = parsed(lines[at] ?? "");
		const [[action, terms] = []] = isRecord(line) ? Object.entries(line) : [];
		if (action === undefined) continue;
		const id = isRecord(terms) && terms._id !== "" ? terms._id : undefined;
		const last = action === "delete" ? at : ++at;
		// An action whose document is not there is no item.
		if (last < lines.length) items.push({ action, id });
	}
	return items;
}
