import { SidecarError } from "../errors.ts";
import { largeChunksIndex, smallChunksIndex } from "./hidden-indices.ts";

/** Where a chunk is: an index, the model it belongs to and its number from 0. */
export interface ChunkAddress {
	index: string;
	modelId: string;
	number: number;
}

export function idOf({ modelId, number }: Omit<ChunkAddress, "index">): string {
	return `${modelId}_${number}`;
}

export function ownerOf(id: string): string {
	return id.slice(0, id.lastIndexOf("_"));
}

/**
 * A model's document says where its chunks are; whoever could write to that document must not be able to point the
 * sidecar at an index of somebody else's.
 */
export function checkIndex(modelId: string, index: string): void {
	if (index === smallChunksIndex || index === largeChunksIndex(modelId)) return;
	throw new SidecarError(
		"internal",
		`the model's document names [${index}], which holds no chunks of it`,
	);
}
