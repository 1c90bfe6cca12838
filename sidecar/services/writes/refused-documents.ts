import { type ErrorCode, SidecarError } from "../../errors.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";

/** Documents that can't be worked on at present, and why: whoever writes them is to try again. */
export type Refused = Map<DocumentToEmbed, SidecarError>;

/** Errors that are neither the document's nor its pipeline's fault. */
const passing: readonly ErrorCode[] = [
	"timeout",
	"too_many_requests",
	"throttled",
	"circuit_open",
	"upstream_broken",
	"upstream_unavailable",
	"upstream_timeout",
];

/** Whether what failed may go well a little later. */
export function isPassing(error: unknown): error is SidecarError {
	return error instanceof SidecarError && passing.includes(error.code);
}

/** What is done for documents together; where it can't be done at present they are refused, and there is nothing. */
export async function unlessPassing<T>(
	documents: readonly DocumentToEmbed[],
	refused: Refused,
	work: () => Promise<T[]>,
): Promise<T[]> {
	try {
		return await work();
	} catch (error) {
		if (!isPassing(error)) throw error;
		for (const document of documents) refused.set(document, error);
		return [];
	}
}
