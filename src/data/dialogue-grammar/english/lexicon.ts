import type { WordList } from '../grammar.ts'
import { closedWords, combine, openWords } from '../word-list.ts'

const list = (text: string): string[] => text.trim().split(/\s+/)

const firstNames = list(`
  Aaron Abigail Adrian Agnes Alan Albert Alice Amelia Amy Andrea Angela Anna Anthony Arthur Audrey Beatrice Ben
  Bernard Bianca Brenda Brian Bruno Calvin Carla Carmen Caroline Cecilia Charlotte Chloe Christine Clara Colin Connor
  Craig Cynthia Damien Daniel Daphne Darren Deborah Denise Derek Diana Dominic Donna Dorothy Dylan Edgar Edith Edwin
  Elena Eliza Ella Elliot Emma Eric Esther Ethan Eva Evelyn Felix Fiona Floyd Frances Frank Gabriel Gavin George Gina
  Gloria Gordon Grant Greta Hannah Harold Harvey Hazel Hector Helen Henry Holly Hugo Ian Ingrid Irene Isaac Isabel
  Ivan Jacob Janet Jasmine Jason Jenna Jeremy Joanna Joel Jonas Judith Julian Julia Karen Katrina Keith Kelly Kenneth
  Kevin Kurt Lara Laura Lawrence Leah Leonard Leo Lewis Linda Logan Lorenzo Louise Lucas Lucy Luther Lydia Mabel
  Malcolm Marcus Margaret Marina Marion Martha Martin Matilda Matthew Megan Melissa Mia Michael Mildred Miriam Mona
  Monica Morris Nadia Naomi Natalie Nathan Neil Nicholas Nina Noah Nora Norman Olga Oliver Olivia Oscar Pamela Patrick
  Paula Penelope Peter Philip Phoebe Quentin Rachel Ralph Ramona Raymond Rebecca Renee Rhoda Ricardo Rita Robert
  Roger Rosa Roxanne Ruben Rupert Russell Ruth Sabrina Samuel Sandra Sebastian Selena Seth Sharon Sheila Sidney Simon
  Sophie Stanley Stella Stuart Susan Sylvia Tamara Tara Teresa Theo Thomas Tobias Trevor Ursula Valerie Vanessa Vera
  Vernon Victor Vincent Viola Virginia Vivian Walter Wanda Wendy Wesley Willa Xavier Yolanda Yvonne Zachary Zoe
`)

const surnames = list(`
  Abbott Aguilar Albright Alvarez Archer Ashby Baird Barlow Barrett Baxter Beckett Bishop Blackwell Blake Bowman Boyd
  Bradley Brennan Briggs Brooks Burke Byrne Cameron Campbell Cardenas Carlson Carver Castillo Chambers Chandler Clarke
  Clayton Conway Cortez Crawford Cross Dalton Dawson Delgado Denton Dixon Doyle Drake Dunn Eaton Ellison Erickson
  Farrell Fields Finch Fleming Fletcher Flores Foster Franklin Frost Fuller Gallagher Garner Gibbs Goodwin Graves Griffin
  Guzman Hale Hardy Harmon Hawkins Hayes Herrera Hobbs Holloway Houston Huang Hubbard Ingram Jennings Jensen Keller
  Kendall Kramer Lambert Larson Lawson Lindsey Lopez Lowe Lyons Maddox Marquez Marsh Mcbride Mendoza Meyer Mills
  Mitchell Monroe Morales Mosley Navarro Newton Nolan Norris Ochoa Ortega Osborne Owens Palmer Parsons Patel Pearson
  Perkins Porter Potts Quinn Ramsey Randall Reeves Reyes Rhodes Riggs Robbins Rollins Rosario Rowe Salinas Sanders
  Santiago Sawyer Schmidt Schultz Sharp Shelton Sherman Sinclair Stanton Steele Stokes Sutton Tanner Terrell Thornton
  Townsend Trujillo Tucker Underwood Valdez Vance Vaughn Wagner Walsh Warner Watts Webster Whitaker Wilkins Yates York Zimmerman
`)

const brands = combine(
  list('Lum Nor Tel Kor Vel Zan Mir Hal Brix Ax Sol Ter Quin Dar Fen Ost Pel Ryn Syl Ulm'),
  list('ina vex ora ano ix ely ton ara ium eo'),
  (start, end) => start + end,
)

const items = list(
  `kettle lamp blender heater fan printer camera speaker keyboard headset backpack jacket watch toaster vacuum
   monitor tablet razor scooter tent radio projector umbrella microphone`,
)

const devices = list('kettle lamp blender heater fan printer speaker toaster vacuum monitor radio projector')

const streets = list(`
  Maple Harbor Juniper Willow Chestnut Linden Orchard Cedar Birch Aspen Laurel Magnolia Sycamore Hawthorn Poplar Elmwood
  Riverside Lakeview Hillcrest Highland Franklin Jefferson Lincoln Madison Monroe Grant Sheridan Wellington Victoria
  Albion Camden Chelsea Dover Essex Fulton Granby Hudson Kingsley Lancaster Mercer Newport Oxford Pembroke Quincy Regent
  Somerset Stafford Trinity Union Vernon Warwick Windsor Yorkshire Ashford Bedford Clifton Dorset Eastgate Fairview
  Greenfield Hartley Ivywood Kenwood Longford Milton Northgate Oakdale Parkway Redwood Stonebridge
`)

const venues = ['Library', 'Station', 'Park', 'Café', 'Museum', 'Theater', 'Market', 'Gym', 'Bakery', 'Hotel']

const cities = list(`
  Lisbon Porto Madrid Seville Valencia Bilbao Marseille Lyon Bordeaux Nantes Geneva Zurich Vienna Salzburg Prague Brno
  Krakow Warsaw Gdansk Budapest Athens Dubrovnik Split Venice Florence Naples Palermo Bologna Turin Dublin Cork Galway
  Edinburgh Glasgow Bristol Brighton Oslo Bergen Stockholm Uppsala Copenhagen Aarhus Helsinki Tallinn Riga Vilnius Boston
  Chicago Denver Seattle Portland Austin Toronto Montreal Vancouver Quebec Lima Quito Bogota Santiago Kyoto Osaka Sapporo
  Seoul Busan Taipei Hanoi Bangkok Jakarta Sydney Perth Auckland
`)

const weekdays = list('Monday Tuesday Wednesday Thursday Friday Saturday Sunday')
const hours = combine(list('9 10 11 12 1 2 3 4 5 6 7 8'), ['', ':15', ':30', ':45'], (hour, minute) => {
  const morning = ['9', '10', '11'].includes(hour)
  return `${hour}${minute} ${morning ? 'am' : 'pm'}`
})
const months = list('January February March April May June July August September October November December')
const numbers = (from: number, to: number, step = 1): string[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => String(from + index * step))

const titles = combine(
  list(`Silver Hidden Broken Silent Golden Burning Frozen Lonely Crimson Distant Forgotten Hollow Midnight Northern Painted
        Restless Velvet Wandering Winter Paper`),
  list(
    'Lantern Harbor River Garden Compass Orchard Mirror Island Letter Bridge Tower Shadow Clock Meadow Voyage',
  ),
  (adjective, noun) => `The ${adjective} ${noun}`,
)

const brandOf = (product: string): string => product.split(' ')[0]!

/** Words by the name of their slot. */
export const words: Record<string, WordList> = {
  person: openWords(firstNames),
  formal: openWords(
    combine(['Mr.', 'Ms.'], surnames, (title, name) => `${title} ${name}`),
    (name) => name.slice(4),
  ),
  brand: openWords(brands),
  product: openWords(
    combine(brands, items, (brand, item) => `${brand} ${item}`),
    brandOf,
  ),
  company: openWords(
    combine(
      surnames,
      ['Logistics', 'Foods', 'Insurance', 'Software', 'Design', 'Motors'],
      (x, y) => `${x} ${y}`,
    ),
    (name) => name.split(' ')[0]!,
  ),
  place: openWords(
    combine(streets, venues, (street, venue) => `${street} ${venue}`),
    (name) => name.split(' ')[0]!,
  ),
  city: openWords(cities),
  title: openWords(titles),
  moment: openWords(combine(weekdays, hours, (day, hour) => `${day} at ${hour}`)),
  time: closedWords(hours),
  day: closedWords(weekdays),
  date: openWords(combine(months, numbers(1, 28), (month, day) => `${month} ${day}`)),
  price: openWords(numbers(12, 480).map((price) => `$${price}`)),
  code: openWords(
    combine(list('A B C D E F G H K M N P R T'), numbers(1003, 9990, 37), (x, y) => `${x}${y}`),
  ),
  room: openWords(numbers(101, 999).map((number) => `room ${number}`)),
  item: closedWords(items),
  device: closedWords(devices),
  dish: closedWords([
    'noodle soup',
    'fried rice',
    'a sandwich',
    'pizza',
    'fish and chips',
    'a big salad',
    'mushroom pasta',
  ]),
  amount: closedWords(list('two three four five six seven eight')),
}
