interface Dog { kind: "dog"; bark: number }
interface Cat { kind: "cat"; lives: number }
function isDog(pet: Dog | Cat): pet is Dog {
  return pet.kind === "dog";
}
const pets: (Dog | Cat)[] = [{ kind: "dog", bark: 3 }, { kind: "cat", lives: 9 }];
pets.filter(isDog).map((d) => d.bark);
