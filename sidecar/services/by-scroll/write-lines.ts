import { type BulkItem, readItems } from "../../../ingest/bulk/bulk-lines.ts";
import type { Scripted } from "./script-run.ts";
import type { ScrollPlan } from "./scroll-plan.ts";

/** The routing with which a document is written. */
export function routingOf(
	{ destination }: Pick<ScrollPlan, "destination">,
	routing: string | undefined,
): string | undefined {
	const wish = destination?.routing ?? "keep";
	if (wish.startsWith("=")) return wish.slice(1);
	return wish === "discard" ? undefined : routing;
}

/** What is to be done with documents, as items of a bulk; those with which nothing is to be done have none. */
export async function itemsOf(
	documents: readonly Scripted[],
	plan: ScrollPlan,
): Promise<BulkItem[]> {
	const lines = documents.flatMap((document) =>
		document.operation === "noop" ? [] : linesOf(document, plan),
	);
	const items: BulkItem[] = [];
	for await (const read of readItems(inOneBatch(lines))) items.push(...read);
	return items;
}

function linesOf(
	{ operation, hit, movedTo }: Scripted,
	{ destination, pipeline }: ScrollPlan,
): Buffer[] {
	const { seqNo, primaryTerm, routing, version } = hit;
	const named = destination ? destination.pipeline : pipeline;
	const isExternal = destination?.versionType !== undefined && version >= 0;
	const options = {
		_index: movedTo ?? destination?.index ?? hit.index,
		...(hit.id !== "" && { _id: hit.id }),
		...(routing !== undefined && { routing }),
		// A document that was changed since it was found is a version conflict.
		...(seqNo !== undefined && { if_seq_no: seqNo }),
		...(primaryTerm !== undefined && { if_primary_term: primaryTerm }),
		...(isExternal &&
			operation === "index" && {
				version,
				version_type: destination.versionType,
			}),
		...(named !== undefined && operation === "index" && { pipeline: named }),
	};
	if (operation === "delete")
		return [line(JSON.stringify({ delete: options }))];
	const action = { [destination?.operation ?? "index"]: options };
	// In JSON, line breaks stand between values only.
	const source = hit.source.replaceAll(/[\r\n]+/g, " ");
	return [line(JSON.stringify(action)), line(source)];
}

function line(text: string): Buffer {
	return Buffer.from(`${text}\n`);
}

async function* inOneBatch(lines: readonly Buffer[]) {
	yield lines;
}
