import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import type { LoadCall } from "./load.ts";
import type { Servers, Side } from "./servers.ts";

/** Predict requests of one text each. */
export function predictCalls(
	models: Side["models"],
	precision: Precision,
	texts: readonly string[],
): LoadCall[] {
	const path = `/_plugins/_ml/_predict/text_embedding/${models[precision]}`;
	return texts.map((text) => ({
		method: "POST",
		path,
		body: JSON.stringify({
			text_docs: [text],
			return_number: true,
			target_response: ["sentence_embedding"],
		}),
	}));
}

/** What was measured of the two that are compared. */
export interface Both<T> {
	ours: T;
	theirs: T;
}

/** Both sides in turn, never at once; who begins changes with the round. */
export async function inTurn<T>(
	{ ours, theirs }: Pick<Servers, "ours" | "theirs">,
	round: number,
	measure: (side: Side) => Promise<T>,
): Promise<Both<T>> {
	if (round % 2 === 0) {
		const first = await measure(ours);
		return { ours: first, theirs: await measure(theirs) };
	}
	const first = await measure(theirs);
	return { ours: await measure(ours), theirs: first };
}
