import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { SidecarError } from "../errors.ts";
import { bytesOf } from "../http/client-body.ts";
import type { RegistrationService } from "../services/registration.ts";

const Params = Type.Object({
	model_id: Type.String(),
	chunk_number: Type.String(),
});
const Answer = Type.Object({ status: Type.String() });

/**
 * `/_plugins/_ml/models/{model_id}/upload_chunk/{n}`, once called `chunk`: raw bytes, which clients label with
 * any content type, JSON most of all.
 */
export function uploadChunkRoutes(
	registration: RegistrationService,
): FastifyPluginAsyncTypebox {
	return async (app) => {
		app.removeAllContentTypeParsers();
		app.addContentTypeParser("*", (_request, _payload, done) => done(null));
		for (const name of ["upload_chunk", "chunk"])
			app.post(
				`/_plugins/_ml/models/:model_id/${name}/:chunk_number`,
				{ schema: { params: Params, response: { 200: Answer } } },
				async (request) => {
					const { model_id, chunk_number } = request.params;
					await registration.uploadChunk(
						model_id,
						readNumber(chunk_number),
						bytesOf(request),
					);
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
