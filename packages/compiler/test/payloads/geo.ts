import { api } from "@twinloop/api";
import type { Feature, FeatureCollection, GeoJSON, Geometry } from "geojson";

export const geometry = api({ path: "/geometry" }, async (value: Geometry): Promise<void> => void value);

export const feature = api({ path: "/feature" }, async (value: Feature): Promise<void> => void value);

export const featureCollection = api(
  { path: "/featureCollection" },
  async (value: FeatureCollection): Promise<void> => void value,
);

export const geoJson = api({ path: "/geoJson" }, async (value: GeoJSON): Promise<void> => void value);
