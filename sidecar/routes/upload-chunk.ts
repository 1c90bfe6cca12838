import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import pLimit from "p-limit";
import { Type } from "typebox";
import { SidecarError } from "../errors.ts";
import { bytesOf } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import type { RegistrationService } from "../services/registration.ts";
import { leaveBodies } from "./json-bodies.ts";

const Params = Type.Object({
	model_id: Type.String(),
	chunk_number: Type.String(),
});
const Answer = Type.Object({ status: Type.String() });

/**
 * Chunks that are written to OpenSearch at a time: it holds each of them whole, 14 MB as base64. The others wait with
 * their bodies unread, which is their clients' memory and not the sidecar's.
 */
const uploadsAtOnce = 8;

/**
 * `/_plugins/_ml/models/{model_id}/upload_chunk/{n}`, once called `chunk`: raw bytes, which clients label with
 * any content type, JSON most of all.
 */
export function uploadChunkRoutes(
	registration: Pick<RegistrationService, "uploadChunk">,
): FastifyPluginAsyncTypebox {
	const turns = pLimit(uploadsAtOnce);
	return async (app) => {
		leaveBodies(app);
		for (const name of ["upload_chunk", "chunk"])
			app.post(
				`/_plugins/_ml/models/:model_id/${name}/:chunk_number`,
				{ schema: { params: Params, response: { 200: Answer } } },
				async (request, reply) => {
					const { model_id, chunk_number } = request.params;
					const number = readNumber(chunk_number);
					const signal = clientSignal(reply);
					await turns(() => {
						if (signal.aborted)
							throw new SidecarError("bad_request", "The client is gone", {
								cause: signal.reason,
							});
						return registration.uploadChunk(model_id, number, bytesOf(request));
					});
					return { status: "Uploaded" };
				},
			);
	};
}

function readNumber(text: string): number {
	const number = Number(text);
	if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
	throw new SidecarError("bad_number", `For input string: "${text}"`);
}
