declare module '*/appearance.json' {
  const appearance: { storedType: string };
  export default appearance;
}
