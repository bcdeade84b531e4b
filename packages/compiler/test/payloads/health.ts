import { api } from "@twinloop/api";
import type { Bundle, Observation, Patient } from "fhir/r4";

export const fhirPatient = api({ path: "/fhirPatient" }, async (value: Patient): Promise<void> => void value);

export const fhirObservation = api(
  { path: "/fhirObservation" },
  async (value: Observation): Promise<void> => void value,
);

export const fhirBundle = api({ path: "/fhirBundle" }, async (value: Bundle): Promise<void> => void value);
